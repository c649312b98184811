import type { StatsPoint } from '@gatehouse/protocol/rest'
import type { Intervals } from '../charts/chart-time.svelte.js'
import type { Values } from '../charts/paths.js'

/** A span of the recent past that charts can show, and the interval of one bar. */
export interface Range {
  readonly id: string
  readonly title: string
  readonly spanMs: number
  readonly stepMs: number
  /** Seconds an interval of the stored points that are asked for. */
  readonly askedStep: number
}

const MINUTE = 60_000
const range = (id: string, title: string, spanMs: number, stepMs: number, askedStep: number): Range => ({
  id,
  title,
  spanMs,
  stepMs,
  askedStep,
})

/** The ranges to choose from, 60 to 90 bars each. */
export const RANGES: readonly Range[] = [
  range('5m', 'Last 5 min', 5 * MINUTE, 5000, 1),
  range('15m', 'Last 15 min', 15 * MINUTE, 10_000, 10),
  range('60m', 'Last 60 min', 60 * MINUTE, MINUTE, 60),
  range('6h', 'Last 6 h', 360 * MINUTE, 5 * MINUTE, 60),
  range('24h', 'Last 24 h', 1440 * MINUTE, 20 * MINUTE, 60),
]

/** Points in equal intervals; an interval that nothing was measured in holds null. */
export interface Series {
  readonly intervals: Intervals
  readonly points: readonly (StatsPoint | null)[]
}

/** Adds a later point to an earlier one: counts add up, levels are those of the later, the worst p99 stays. */
export function mergePoints(first: StatsPoint, second: StatsPoint): StatsPoint {
  const worst = (key: keyof StatsPoint['quantiles']) => {
    const [before, after] = [first.quantiles[key], second.quantiles[key]]
    if (before === null || after === null) return after ?? before
    const seconds = first.seconds + second.seconds
    return {
      p50: (before.p50 * first.seconds + after.p50 * second.seconds) / seconds,
      p99: Math.max(before.p99, after.p99),
    }
  }
  return {
    at: first.at,
    seconds: first.seconds + second.seconds,
    levels: second.levels,
    counts: addCounts(first.counts, second.counts),
    quantiles: { deliveryMs: worst('deliveryMs'), rttMs: worst('rttMs'), loopMs: worst('loopMs') },
  }
}

/** Puts a point into the interval it lies in; `points` are whole intervals in order of time. */
export function addPoint(points: readonly StatsPoint[], point: StatsPoint, stepMs: number): StatsPoint[] {
  const at = Math.floor(point.at / stepMs) * stepMs
  const last = points.at(-1)
  if (last && last.at === at) return [...points.slice(0, -1), mergePoints(last, point)]
  if (last && last.at > at) return [...points]
  return [...points, { ...point, at }]
}

/** The newest `count` intervals up to `now`, with nulls where no point lies. */
export function layOutSeries(points: readonly StatsPoint[], stepMs: number, count: number, now: number): Series {
  const from = Math.floor(now / stepMs) * stepMs - (count - 1) * stepMs
  const byStart = new Map(points.map((point) => [point.at, point]))
  return {
    intervals: { from, stepMs, count },
    points: Array.from({ length: count }, (_, index) => byStart.get(from + index * stepMs) ?? null),
  }
}

/** One value of each interval. */
export function valuesOf(series: Series, pick: (point: StatsPoint) => number | null): Values {
  return series.points.map((point) => (point === null ? null : pick(point)))
}

/** The counts of each reason over the intervals, for the reasons that occurred. */
export function byReason(series: Series, key: 'closedByReason' | 'refusedByReason'): Map<string, Values> {
  const names = new Set(
    series.points.flatMap((point) =>
      Object.entries(point?.counts[key] ?? {}).flatMap(([name, number]) => (number > 0 ? [name] : [])),
    ),
  )
  return new Map([...names].map((name) => [name, valuesOf(series, (point) => point.counts[key][name] ?? 0)]))
}

function addCounts(first: StatsPoint['counts'], second: StatsPoint['counts']): StatsPoint['counts'] {
  const sums = Object.entries(first).map(([name, value]) => {
    const other = second[name as keyof StatsPoint['counts']]
    return [
      name,
      typeof value === 'number' ? value + (other as number) : addRecords(value, other as Record<string, number>),
    ]
  })
  return Object.fromEntries(sums) as StatsPoint['counts']
}

function addRecords(first: Record<string, number>, second: Record<string, number>): Record<string, number> {
  const sums = { ...first }
  for (const [name, value] of Object.entries(second)) sums[name] = (sums[name] ?? 0) + value
  return sums
}
