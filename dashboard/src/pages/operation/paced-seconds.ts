import type { BurnPoint } from '@gatehouse/protocol/rest'
import type { Intervals } from '../../charts/chart-time.svelte.js'
import type { Values } from '../../charts/paths.js'
import { rate } from '../../format/number.js'

/** The paced part second by second; null before it began. Thinned points spread their closes over the seconds in between. */
export function paced(points: readonly BurnPoint[]): { intervals: Intervals; closes: Values; target: string } | null {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return null
  const span = Math.max(1, Math.round((last.at - first.at) / 1000) + 1)
  const stepMs = Math.max(1, Math.ceil(span / 240)) * 1000
  const count = Math.max(30, Math.ceil((span * 1000) / stepMs))
  const closes = Array.from<number | null>({ length: count }).fill(null)
  for (const point of points) {
    const index = Math.floor((point.at - first.at) / stepMs)
    closes[index] = (closes[index] ?? 0) + point.closes / (stepMs / 1000)
  }
  return { intervals: { from: first.at, stepMs, count }, closes, target: rate(last.target) }
}
