import { dropCauses, type DropCause } from '@gatehouse/protocol'
import type { Cause } from '../../ui/causes.js'

const WORDS: Record<DropCause, Pick<Cause, 'says' | 'remedy'>> = {
  slow_consumer: {
    says: 'A member read too slowly. The oldest messages in its queue were dropped, and it was sent a gap.',
    remedy: 'Look at the slowest members, or send less.',
  },
  conflated: {
    says: 'A newer message of the room replaced one that was still queued. Members of this room type only need the newest.',
  },
  node_budget: {
    says: 'The queues of all connections together exceeded the budget of the node.',
    remedy: 'Give the node more memory, or spread its connections.',
  },
}

/** The causes for which deliveries of a room were dropped, the most frequent first. */
export function dropsOf(droppedByCause: Readonly<Record<DropCause, number>>): readonly Cause[] {
  return dropCauses
    .map((cause) => ({ name: cause, count: droppedByCause[cause], ...WORDS[cause] }))
    .filter((cause) => cause.count > 0)
    .sort((first, second) => second.count - first.count)
}
