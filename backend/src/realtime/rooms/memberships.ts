import type { LeftReason } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { Connection } from '../connections/connection.js'
import type { Registry } from '../connections/registry.js'
import type { Clock } from '../ports/clock.js'
import type { PresencePushes } from '../presence/presence-pushes.js'
import { failed, type Answer } from '../replies/answer.js'
import type { RoomPolicy } from '../rights/room-policy.js'
import type { Floors } from './floors.js'
import type { Membership } from './membership.js'
import type { RoomDirectory } from './room-directory.js'

export interface MembershipsParts {
  readonly clock: Clock
  readonly books: Books
  readonly registry: Registry
  readonly policy: RoomPolicy
  readonly rooms: RoomDirectory
  readonly floors: Floors
  readonly presence: PresencePushes
}

/** Begins and ends memberships: room, connection, presence and counts change together. */
export class Memberships {
  readonly #parts: MembershipsParts

  constructor(parts: MembershipsParts) {
    this.#parts = parts
  }

  /** A member enters: its first live message is the one after the room's current offset. */
  enter(membership: Membership): void {
    const { books, clock, registry, presence } = this.#parts
    const { connection, room } = membership
    room.admit(membership)
    connection.addMembership(membership)
    registry.memberships += 1
    if (room.presence !== null) {
      const user = userIn(connection)
      if (user !== null) room.presence.enter(user, connection.token?.info ?? null)
      presence.note(room)
    }
    connection.forgetGrant(room.name)
    books.joins += 1
    connection.note(clock.wallMs(), 'joined', room.name)
  }

  /** A member leaves; with `isToldAll` it is first sent all that the room has taken so far. */
  part(membership: Membership, isToldAll: boolean): void {
    const { books, registry, rooms, presence } = this.#parts
    const { connection, room } = membership
    if (connection.memberships.get(room.name) !== membership) return
    if (isToldAll) room.catchUp(membership)
    room.remove(membership)
    connection.removeMembership(room.name)
    registry.memberships -= 1
    books.leaves += 1
    if (room.presence !== null) {
      const user = userIn(connection)
      room.presence.changes?.parted(membership)
      if (user !== null) room.presence.part(user)
      presence.note(room)
    }
    rooms.restIfEmpty(room)
  }

  /** The connection ends: it leaves all rooms, and its session may resume from where it was. */
  partAll(c: Connection, isToldAll: boolean): void {
    if (c.memberships.size === 0) return
    const { clock, floors } = this.#parts
    floors.keep(c, clock.nowMs())
    for (const membership of c.memberships.values()) this.part(membership, isToldAll)
  }

  /** The client leaves a room. */
  leave(c: Connection, room: string): Answer<Record<string, never>> {
    const membership = c.memberships.get(room)
    if (membership === undefined) return failed('not_member', 'the connection is not in this room')
    this.part(membership, true)
    c.note(this.#parts.clock.wallMs(), 'left', room)
    return { ok: {} }
  }

  /** The token changed or ended: memberships it does not allow end, the others go on with new grants. */
  recheck(c: Connection, reason: LeftReason): void {
    const { clock, policy } = this.#parts
    c.forgetGrants()
    const wallMs = clock.wallMs()
    for (const membership of c.memberships.values()) {
      const grant = policy.decide(c, membership.room.name)
      if (grant.canJoin && !grant.isVoidAt(wallMs)) {
        membership.grant = grant
        this.#renew(membership)
      } else this.#end(membership, reason)
    }
  }

  /** The connection has a new token, which may hold other info about its user. */
  #renew({ connection, room }: Membership): void {
    const user = userIn(connection)
    if (room.presence === null || user === null) return
    room.presence.renew(user, connection.token?.info ?? null)
    this.#parts.presence.note(room)
  }

  /** The server ends a membership and says why. */
  #end(membership: Membership, reason: LeftReason): void {
    const { clock } = this.#parts
    const { connection, room } = membership
    this.part(membership, true)
    connection.note(clock.wallMs(), 'left', `${room.name} ${reason}`)
    if (connection.closing !== null) return
    const push = { event: 'left', room: room.name, reason } as const
    connection.outbox.enqueue(connection.encoding.push(push, clock.nowMs()))
  }
}

/** The user that presence names for a connection; null for a service, whose API key is not shown to others. */
function userIn({ token, user }: Connection): string | null {
  return token?.service === undefined ? user : null
}
