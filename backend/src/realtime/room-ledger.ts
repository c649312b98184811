import type { SlowPolicy } from './room-type.js'

/** The deliveries of one room, and what an outbox must know of the room to judge them. */
export class RoomLedger {
  enqueued = 0
  written = 0
  dropped = 0
  discarded = 0
  queued = 0

  constructor(
    readonly room: string,
    readonly policy: SlowPolicy,
    /** False where offsets may jump by contract: rooms of kind `latest`. */
    readonly announcesGaps: boolean,
  ) {}
}
