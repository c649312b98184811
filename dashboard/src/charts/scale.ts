/** A round maximum not below `most`, and the ticks up to it. At least one unit high, so that zeros have an axis. */
export function niceScale(most: number, wanted = 4): { top: number; ticks: number[] } {
  const safe = Number.isFinite(most) && most > 0 ? most : 1
  const rough = safe / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step =
    [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size * wanted >= safe * (1 - 1e-9)) ?? power * 10
  const count = Math.ceil(safe / step - 1e-9)
  return { top: round(count * step), ticks: Array.from({ length: count + 1 }, (_, index) => round(index * step)) }
}

/** Removes the rounding errors of binary fractions: 0.30000000000000004 is 0.3. */
function round(value: number): number {
  return Number(value.toPrecision(12))
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const TIME_STEPS = [1, 2, 5, 10, 15, 30]
  .flatMap((size) => [size * SECOND, size * MINUTE])
  .concat([1, 2, 3, 6, 12, 24].map((size) => size * HOUR))
  .concat([7, 30].map((size) => size * 24 * HOUR))
  .sort((first, second) => first - second)

/** Round UTC times between two instants, about one for each `spacing` pixels. Times are Unix ms. */
export function timeTicks(from: number, to: number, pixels: number, spacing = 90): { ticks: number[]; step: number } {
  const wanted = ((to - from) * spacing) / Math.max(pixels, spacing)
  const step = TIME_STEPS.find((size) => size >= wanted) ?? wanted
  const ticks: number[] = []
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at)
  return { ticks, step }
}
