import { dropCauses, type DropCause } from '@gatehouse/protocol'

/** What all rooms of one type did not deliver, since the hub started. */
export class TypeBooks {
  readonly droppedByCause = Object.fromEntries(dropCauses.map((cause) => [cause, 0])) as Record<DropCause, number>
  discarded = 0

  constructor(readonly pattern: string) {}
}
