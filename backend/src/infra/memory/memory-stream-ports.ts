import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import { MemoryBus } from './memory-bus.js'
import { MemoryHistory } from './memory-history.js'
import { MemoryStreams } from './memory-streams.js'

/**
 * Bus and history of a single node, over the same streams.
 *
 * @param budgetBytes for all histories together; 256 MiB by default
 */
export function memoryStreams(
  clock: Clock,
  random: Random,
  budgetBytes?: number,
): { readonly bus: MemoryBus; readonly history: MemoryHistory } {
  const streams = new MemoryStreams(clock, random, budgetBytes)
  return { bus: new MemoryBus(streams), history: new MemoryHistory(streams) }
}
