import { dropCauses, type DropCause } from '@gatehouse/protocol'
import type { Cause } from '../../ui/causes.js'

const WORDS: Record<DropCause, Pick<Cause, 'says' | 'remedy'>> = {
  slow_consumer: {
    says: 'A member read too slowly; the oldest of its queue went, and a gap told it so.',
    remedy: 'Look at the slowest members, or send less.',
  },
  conflated: {
    says: 'A newer message of the room took the place of one that still waited. Members of this room type only need the newest.',
  },
  node_budget: {
    says: 'The queues of all connections together were over the budget of the node.',
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
