import type { AckData, ReplyError } from '@gatehouse/protocol'
import { failed } from '../replies/answer.js'
import type { Books } from '../books/books.js'
import type { Connection } from '../connections/connection.js'
import type { Membership } from '../rooms/membership.js'
import type { Clock } from '../ports/clock.js'
import type { Replier } from '../connections/replier.js'
import type { RoomPolicy } from '../rights/room-policy.js'

/** Takes what members say they received. All in one turn. */
export class Receipts {
  constructor(
    private readonly clock: Clock,
    private readonly books: Books,
    private readonly policy: RoomPolicy,
    private readonly replier: Replier,
  ) {}

  /** The `ack` frame: takes it and answers. */
  ack(c: Connection, data: AckData, id: number | undefined): void {
    if (c.closing !== null) return
    const fault = this.faultIn(c, data)
    if (fault !== undefined) this.replier.fail(c, id, fault)
    else if (id !== undefined) this.replier.reply(c, id, {})
  }

  /** A receipt for all of the room's epoch up to `offset`; the highest stands. Nothing where its type keeps none. */
  take(membership: Membership, offset: number): void {
    const { connection, room, receipt } = membership
    if (receipt === null || room.receipts === null || connection.user === null) return
    receipt.note(offset)
    if (room.receipts.note(room.epoch, connection.user, offset, this.clock.wallMs())) this.books.receipts += 1
  }

  private faultIn(c: Connection, { room: name, offset, epoch }: AckData): ReplyError | undefined {
    if (c.state !== 'open') return failed('not_authenticated', 'the connection has not authenticated').error
    const membership = c.memberships.get(name)
    const type = membership === undefined ? this.policy.typeOf(name) : membership.room.type
    if (type === undefined) return failed('unknown_room', 'no room type fits this name').error
    if (!type.receipts) return failed('not_available', 'rooms of this type keep no receipts').error
    if (membership === undefined) return failed('not_member', 'the connection is not in this room').error
    if (membership.grant.isVoidAt(this.clock.wallMs())) {
      return failed('not_authenticated', 'the token has expired: send refresh').error
    }
    const { room } = membership
    // It was true of an epoch that ended while the frame was on its way.
    if (epoch !== undefined && epoch !== room.epoch) return undefined
    if (offset > room.offset) return failed('bad_request', `the room is at offset ${room.offset}`).error
    this.take(membership, offset)
    return undefined
  }
}
