const MINUS = '−'
// Creating a formatter is expensive, so there is one for each precision.
const exactly = [0, 1, 2, 3].map(
  (digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
)
const atMost = [0, 1, 2].map((digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }))

/** A count with commas: 12345 is "12,345". */
export function count(value: number): string {
  return fixed(value, 0)
}

/** A number with exactly `digits` decimals, with commas; one column keeps one precision. */
export function fixed(value: number, digits: 0 | 1 | 2 | 3): string {
  return (exactly[digits] as Intl.NumberFormat).format(value).replace('-', MINUS)
}

/** A rate per second: whole from 100 on, one decimal below, so that the width stays steady. */
export function rate(perSecond: number): string {
  return perSecond >= 100 ? count(perSecond) : fixed(perSecond, 1)
}

/** An axis label: 1500 is "1.5k", 2000000 is "2M". */
export function short(value: number): string {
  const size = Math.abs(value)
  const [divisor, unit] = size >= 1e9 ? [1e9, 'G'] : size >= 1e6 ? [1e6, 'M'] : size >= 1e4 ? [1e3, 'k'] : [1, '']
  const scaled = value / divisor
  const digits = unit !== '' && !Number.isInteger(scaled) ? 1 : Number.isInteger(scaled) ? 0 : 2
  return `${(atMost[digits] as Intl.NumberFormat).format(scaled)}${unit}`.replace('-', MINUS)
}

/** A share of one as percent, without the sign: 0.0123 is "1.2". Zero of zero is zero. */
export function percent(part: number, of: number): string {
  return fixed(of === 0 ? 0 : (part / of) * 100, 1)
}

/** A change in percent against an earlier count: "+12", "−3", "0", or "new" when there was none. */
export function change(now: number, before: number): string {
  if (before === 0) return now === 0 ? '0' : 'new'
  const delta = Math.round(((now - before) / before) * 100)
  return delta > 0 ? `+${count(delta)}` : count(delta)
}

/** Bytes with a binary unit: 186778 is "182.4 KiB". */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = value
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${unit === 0 ? count(size) : fixed(size, 1)} ${units[unit]}`
}

/** A count and its noun: 1 is "1 room", 3 is "3 rooms". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
