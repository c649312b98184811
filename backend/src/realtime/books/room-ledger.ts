import { dropCauses, type DropCause } from '@gatehouse/protocol'
import type { SlowPolicy } from '../room-types/room-type.js'
import type { TypeBooks } from './type-books.js'

/** The deliveries of one room, and what an outbox must know of the room to judge them. */
export class RoomLedger {
  enqueued = 0
  written = 0
  dropped = 0
  /** Null until the first drop. */
  droppedByCause: Record<DropCause, number> | null = null
  discarded = 0
  queued = 0

  constructor(
    readonly room: string,
    readonly policy: SlowPolicy,
    /** False where offsets may jump by contract: rooms of kind `latest`. */
    readonly announcesGaps: boolean,
    private readonly type: TypeBooks,
  ) {}

  countDropped(deliveries: number, cause: DropCause): void {
    this.dropped += deliveries
    this.queued -= deliveries
    this.droppedByCause ??= Object.fromEntries(dropCauses.map((name) => [name, 0])) as Record<DropCause, number>
    this.droppedByCause[cause] += deliveries
    this.type.droppedByCause[cause] += deliveries
  }

  countDiscarded(deliveries: number): void {
    this.discarded += deliveries
    this.queued -= deliveries
    this.type.discarded += deliveries
  }
}
