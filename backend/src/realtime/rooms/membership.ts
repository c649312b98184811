import type { Position } from '@gatehouse/protocol'
import type { Connection } from '../connections/connection.js'
import type { Grant } from '../rights/grant.js'
import { MemberReceipt } from '../receipts/member-receipt.js'
import type { Outbox } from '../delivery/outbox.js'
import type { Room } from './room.js'

/** One connection in one room. */
export class Membership {
  readonly outbox: Outbox<Connection>
  /** Slot among the room's members; owned by the room. */
  index = -1
  /** In which round of the room's presence changes a reply told it the counts; 0: in none. */
  quotedIn = 0
  /** Null where the room's type keeps no receipts. */
  readonly receipt: MemberReceipt | null

  constructor(
    readonly connection: Connection,
    readonly room: Room,
    /** Milliseconds since 1970. */
    readonly joinedAt: number,
    public grant: Grant,
    /** Where its session first entered the room. */
    private readonly entered: Position,
  ) {
    this.outbox = connection.outbox
    this.receipt = room.type.receipts ? new MemberReceipt(room) : null
  }

  /** It is in the room. */
  get isIn(): boolean {
    return this.index >= 0
  }

  /** The position since which its session has been here: without the right `history` it recovers nothing before. */
  get floor(): Position {
    const { epoch } = this.room
    // It was here when a new epoch began, and may recover all of it.
    return epoch === null || epoch === this.entered.epoch ? this.entered : { epoch, offset: 0 }
  }
}
