import type { AckData, ReplyError } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { Connection } from '../connections/connection.js'
import type { Replier } from '../connections/replier.js'
import type { Clock } from '../ports/clock.js'
import { failed } from '../replies/answer.js'
import type { Grants } from '../rights/grants.js'
import { refusals } from '../rights/refusals.js'
import type { RoomPolicy } from '../rights/room-policy.js'
import type { MemberReceipt, StreamPlace } from './member-receipt.js'
import type { RoomReceipts } from './room-receipts.js'

/** A member of a room, as its receipts see it. */
interface ReceiptMember {
  readonly connection: { readonly user: string | null }
  readonly room: StreamPlace & { readonly receipts: RoomReceipts | null }
  /** Null where the room's type keeps none. */
  readonly receipt: MemberReceipt | null
}

export interface ReceiptsParts {
  readonly clock: Clock
  readonly books: Books
  readonly policy: RoomPolicy
  readonly grants: Grants
  readonly replier: Replier
}

/** Takes the receipts of members. Each call completes in its turn. */
export class Receipts {
  readonly #parts: ReceiptsParts

  constructor(parts: ReceiptsParts) {
    this.#parts = parts
  }

  /** Takes and answers the `ack` frame. Does not charge the rate: call `Limiter.take` first. */
  ack(c: Connection, data: AckData, id: number | undefined): void {
    if (c.closing !== null) return
    const { replier } = this.#parts
    const fault = this.#faultIn(c, data)
    if (fault !== undefined) replier.fail(c, id, fault)
    else if (id !== undefined) replier.reply(c, id, {})
  }

  /** Confirms the room's epoch up to `offset`; the highest stands. Does nothing where the type keeps no receipts. */
  take({ connection, room, receipt }: ReceiptMember, offset: number): void {
    const { books, clock } = this.#parts
    if (receipt === null || room.receipts === null || connection.user === null) return
    receipt.note(offset)
    if (room.receipts.note(room.epoch, connection.user, offset, clock.wallMs())) books.receipts += 1
  }

  #faultIn(c: Connection, { room: name, offset, epoch }: AckData): ReplyError | undefined {
    const { policy, grants } = this.#parts
    if (c.state !== 'open') return refusals.notAuthenticated
    const membership = c.memberships.get(name)
    const type = membership === undefined ? policy.typeOf(name) : membership.room.type
    if (type === undefined) return refusals.unknownRoom
    if (!type.receipts) return failed('not_available', 'rooms of this type keep no receipts').error
    if (membership === undefined) return failed('not_member', 'the connection is not in this room').error
    // A member has the right to join, as long as its token lives.
    const refusal = grants.refusal(c, name, 'join')
    if (refusal !== undefined) return refusal
    const { room } = membership
    // It confirms an epoch that ended while the frame was on its way.
    if (epoch !== undefined && epoch !== room.epoch) return undefined
    if (offset > room.offset) return failed('bad_request', `the room is at offset ${room.offset}`).error
    this.take(membership, offset)
    return undefined
  }
}
