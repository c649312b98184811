/** One value for each interval or instant; null where nothing was measured. */
export type Values = readonly (number | null)[]

/** One decimal is precise enough for pixels and keeps paths short. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** A line through points, broken where a value is missing. `x` and `y` give pixels. */
export function linePath(values: Values, x: (index: number) => number, y: (value: number) => number): string {
  let path = ''
  let isDown = false
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isDown = false
      continue
    }
    path += `${isDown ? 'L' : 'M'}${px(x(index))} ${px(y(value))}`
    isDown = true
  }
  return path
}

/** The area between a line and a floor, in one closed piece for each run of values. */
export function areaPath(
  values: Values,
  x: (index: number) => number,
  y: (value: number) => number,
  floor: number,
): string {
  return runs(values)
    .map(([from, to]) => {
      const top = linePath(values.slice(from, to), (index) => x(index + from), y)
      return `${top}L${px(x(to - 1))} ${px(floor)}L${px(x(from))} ${px(floor)}Z`
    })
    .join('')
}

/** Where bars stand: intervals of equal width with a gap between. */
interface BarPlace {
  /** Width of an interval in pixels. */
  readonly width: number
  /** Pixels between two bars. */
  readonly gap: number
}

/** Where `count` bars stand in a chart of `width` px; thin ones stand closer. */
export function barPlace(width: number, count: number): BarPlace {
  return { width: width / count, gap: width / count > 4 ? 1.2 : 0.3 }
}

/** The bars of one layer as a single path. `ranges` are [from, to] in pixels from the top; null draws nothing. */
export function barsPath(ranges: readonly (readonly [number, number] | null)[], place: BarPlace): string {
  const width = Math.max(0.6, place.width - place.gap)
  let path = ''
  for (const [index, range] of ranges.entries()) {
    if (range === null || range[0] === range[1]) continue
    const [top, bottom] = range[0] < range[1] ? range : [range[1], range[0]]
    path += `M${px(index * place.width + place.gap / 2)} ${px(bottom)}v${px(top - bottom)}h${px(width)}v${px(bottom - top)}z`
  }
  return path
}

/** Layers put on each other from the first up: [low, high] of each, null where the interval is missing. */
export function stack(layers: readonly Values[]): ([number, number] | null)[][] {
  const length = Math.max(0, ...layers.map((layer) => layer.length))
  const height = Array.from<number>({ length }).fill(0)
  return layers.map((layer) =>
    height.map((low, index): [number, number] | null => {
      const value = layer[index] ?? null
      if (value === null) return null
      height[index] = low + value
      return [low, low + value]
    }),
  )
}

/** The largest sum of an interval over all layers. */
export function highest(layers: readonly Values[]): number {
  const tops = stack(layers).at(-1) ?? []
  return tops.reduce((most, range) => Math.max(most, range?.[1] ?? 0), 0)
}

/** The runs of missing values as [from, to) indexes. */
export function gaps(values: Values): [number, number][] {
  return runs(values.map((value) => (value === null ? 0 : null)))
}

function runs(values: Values): [number, number][] {
  const found: [number, number][] = []
  let from = -1
  for (let index = 0; index <= values.length; index++) {
    const isPresent = index < values.length && values[index] !== null
    if (isPresent && from < 0) from = index
    if (!isPresent && from >= 0) {
      found.push([from, index])
      from = -1
    }
  }
  return found
}
