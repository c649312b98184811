import type { Random } from '../../realtime/ports/random.js'
import type { CompleteParameters } from './drain-pace.js'
import type { OperatedConnection } from '../operation-hub.js'

/** The ids of `connections` in the order they are to be closed. */
export function closeOrder(
  connections: Iterable<OperatedConnection>,
  order: CompleteParameters['order'],
  random: Random,
): string[] {
  const ranked: { id: string; first: number; second: number }[] = []
  for (const c of connections) {
    if (order === 'random') ranked.push({ id: c.id, first: random.number(), second: 0 })
    else if (order === 'newest') ranked.push({ id: c.id, first: -c.connectedAtMs, second: 0 })
    else if (order === 'fewest_rooms') ranked.push({ id: c.id, first: c.memberships.size, second: c.lastSeenMs })
    // Idle: the quietest first, and among equals the one silent for longest.
    else ranked.push({ id: c.id, first: c.health.inRate + c.health.outRate, second: c.lastSeenMs })
  }
  ranked.sort((a, b) => a.first - b.first || a.second - b.second)
  return ranked.map((entry) => entry.id)
}
