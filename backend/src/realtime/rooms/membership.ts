import type { Position } from '@gatehouse/protocol'
import type { Connection } from '../connections/connection.js'
import type { Grant } from '../rights/grant.js'
import { MemberReceipt } from '../receipts/member-receipt.js'
import type { Outbox } from '../delivery/outbox.js'
import type { Room } from './room.js'

/** One connection in one room. */
export class Membership {
  readonly outbox: Outbox<Connection>
  /** Place among the room's members; the room's own. */
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

  /** How far back its session has been here: without the right `history` it recovers nothing before. */
  get floor(): Position {
    const { epoch } = this.room
    // A new epoch that began since it entered is its own from the beginning.
    return epoch === null || epoch === this.entered.epoch ? this.entered : { epoch, offset: 0 }
  }
}
