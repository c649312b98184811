import type { StatsPoint } from '@gatehouse/protocol/rest'

/**
 * Merges several intervals into one that begins at `at`. Counts are added; levels are averaged over the measured time;
 * p50 is the mean of the medians and p99 the highest p99, which never understates delays. `seconds` is the measured
 * time, so counts divided by seconds are a correct rate even if the interval has gaps.
 *
 * @param points at least one
 */
export function mergePoints(points: readonly StatsPoint[], at: number): StatsPoint {
  const seconds = points.reduce((sum, point) => sum + point.seconds, 0)
  return {
    at,
    seconds,
    levels: meanLevels(points, seconds),
    counts: sumCounts(points),
    quantiles: {
      deliveryMs: mergeQuantiles(points, 'deliveryMs'),
      rttMs: mergeQuantiles(points, 'rttMs'),
      loopMs: mergeQuantiles(points, 'loopMs'),
    },
  }
}

/** Merges the points of each aligned interval of `stepSeconds`; an interval without points is left out. */
export function mergeInto(points: readonly StatsPoint[], stepSeconds: number): StatsPoint[] {
  const stepMs = stepSeconds * 1_000
  const groups = new Map<number, StatsPoint[]>()
  for (const point of points) {
    const at = Math.floor(point.at / stepMs) * stepMs
    const group = groups.get(at)
    if (group === undefined) groups.set(at, [point])
    else group.push(point)
  }
  return [...groups].sort(([a], [b]) => a - b).map(([at, group]) => mergePoints(group, at))
}

function meanLevels(points: readonly StatsPoint[], seconds: number): StatsPoint['levels'] {
  const names = Object.keys((points[0] as StatsPoint).levels) as (keyof StatsPoint['levels'])[]
  const mean = (name: keyof StatsPoint['levels']): number =>
    points.reduce((sum, point) => sum + point.levels[name] * point.seconds, 0) / seconds
  return Object.fromEntries(names.map((name) => [name, mean(name)])) as StatsPoint['levels']
}

function sumCounts(points: readonly StatsPoint[]): StatsPoint['counts'] {
  const sum = { ...(points[0] as StatsPoint).counts }
  sum.closedByReason = { ...sum.closedByReason }
  sum.refusedByReason = { ...sum.refusedByReason }
  for (const { counts } of points.slice(1)) {
    for (const [name, count] of Object.entries(counts)) {
      if (typeof count === 'number') sum[name as 'closes'] += count
      else addTo(sum[name as 'closedByReason'], count)
    }
  }
  return sum
}

function addTo(sum: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [reason, count] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + count
}

function mergeQuantiles(
  points: readonly StatsPoint[],
  name: keyof StatsPoint['quantiles'],
): { p50: number; p99: number } | null {
  let p50 = 0
  let p99 = 0
  let seconds = 0
  for (const point of points) {
    const quantiles = point.quantiles[name]
    if (quantiles === null) continue
    p50 += quantiles.p50 * point.seconds
    p99 = Math.max(p99, quantiles.p99)
    seconds += point.seconds
  }
  return seconds === 0 ? null : { p50: p50 / seconds, p99 }
}
