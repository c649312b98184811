import type { JoinItem, JoinOk, LeftReason, Position, PresenceOk, ReplyError, RoomState } from '@gatehouse/protocol'
import { failed, type Answer } from './answer.js'
import type { Books } from './books.js'
import type { Closer } from './closer.js'
import type { Connection } from './connection.js'
import { pushParcel } from './encoding.js'
import type { Grants } from './grants.js'
import type { HubPorts, HubSettings } from './hub-settings.js'
import type { Limiter } from './limiter.js'
import { Membership } from './membership.js'
import type { ClosedRoom } from './ports/room-state.js'
import type { Room } from './room.js'
import type { RoomDirectory } from './room-directory.js'
import type { RoomPolicy } from './room-policy.js'
import { inSlices } from './slices.js'
import type { Superseding } from './superseding.js'

/** A room that could not be joined because the bus failed: how soon to try again. */
const BUS_RETRY_MS = 1_000
/** Users a presence reply names at most. */
const PRESENCE_USERS = 1_000

/** Refusals that tell a prober something; too many of them slow its joins down. */
const PROBING: ReadonlySet<string> = new Set(['forbidden', 'unknown_room', 'too_many_rooms', 'rate_limited'])

/** Members in and out of rooms. */
export class Joiner {
  constructor(
    private readonly ports: HubPorts,
    private readonly settings: HubSettings,
    private readonly books: Books,
    private readonly policy: RoomPolicy,
    private readonly grants: Grants,
    private readonly rooms: RoomDirectory,
    private readonly limiter: Limiter,
    private readonly closer: Closer,
    private readonly superseding: Superseding,
  ) {}

  join(c: Connection, item: JoinItem, done: (answer: Answer<JoinOk>) => void): void {
    const waitMs = this.limiter.joinWaitMs(c)
    if (waitMs > 0) {
      this.refuse(c, { code: 'rate_limited', message: 'too many joins were refused', retryAfterMs: waitMs }, done)
      return
    }
    if (c.memberships.has(item.room)) {
      this.answer(c, item, done)
      return
    }
    const fault = this.faultIn(c, item.room)
    if (fault !== undefined) {
      this.refuse(c, fault, done)
      return
    }
    const room = this.rooms.obtain(item.room)
    if (room.error !== undefined) {
      this.refuse(c, room.error, done)
      return
    }
    c.joinsInFlight += 1
    this.rooms.whenLive(room.ok, (isLive) => {
      c.joinsInFlight -= 1
      this.enter(c, room.ok, item, isLive, done)
    })
  }

  leave(c: Connection, room: string, done: (answer: Answer<Record<string, never>>) => void): void {
    const membership = c.memberships.get(room)
    if (membership === undefined) {
      done(failed('not_member', 'the connection is not in this room'))
      return
    }
    this.rooms.part(membership, true)
    this.closer.note(c, 'left', room)
    done({ ok: {} })
  }

  presence(c: Connection, name: string, done: (answer: Answer<PresenceOk>) => void): void {
    const fault = this.missingRight(c, name, 'presence')
    if (fault !== undefined) {
      done({ error: fault })
      return
    }
    if (this.policy.typeOf(name)?.presence !== true) {
      done(failed('not_available', 'rooms of this type keep no presence'))
      return
    }
    const room = this.rooms.rooms.get(name)
    const connections = new Map<string, number>()
    for (const { user } of room?.members() ?? []) {
      if (user === null) continue
      const known = connections.get(user)
      if (known !== undefined || connections.size < PRESENCE_USERS) connections.set(user, (known ?? 0) + 1)
    }
    const members = [...connections].map(([user, count]) => ({ user, connections: count }))
    done({ ok: { members, count: room?.memberCount ?? 0 } })
  }

  /** The server ends a membership and says why. */
  end(membership: Membership, reason: LeftReason): void {
    const { connection, room } = membership
    this.rooms.part(membership, true)
    this.closer.note(connection, 'left', `${room.name} ${reason}`)
    if (connection.closing !== null) return
    connection.outbox.enqueue(pushParcel({ event: 'left', room: room.name, reason }, this.ports.clock.nowMs()))
  }

  /** An operator closed the room: its members are told and out; its stream is kept. */
  closeRoom(name: string, closed: ClosedRoom): void {
    const room = this.rooms.rooms.get(name)
    if (room === undefined) return
    room.isHeld = true
    const parcel = pushParcel(
      {
        event: 'roomClosed',
        room: name,
        reason: closed.reason,
        ...(closed.message === null ? {} : { message: closed.message }),
        ...(closed.reopensAt === null ? {} : { reopensAt: closed.reopensAt }),
      },
      this.ports.clock.nowMs(),
    )
    inSlices(this.ports.clock, [...room.members()], (c) => {
      const membership = c.memberships.get(name)
      if (membership === undefined) return
      this.rooms.part(membership, true)
      this.closer.note(c, 'left', `${name} closed`)
      if (c.closing === null) c.outbox.enqueue(parcel)
    })
  }

  reopenRoom(name: string): void {
    const room = this.rooms.rooms.get(name)
    if (room === undefined) return
    room.isHeld = false
    this.rooms.restIfEmpty(room)
  }

  /** The token changed or ended: memberships it does not allow are over, the others go on with new grants. */
  recheck(c: Connection, reason: LeftReason): void {
    c.grants = null
    const wallMs = this.ports.clock.wallMs()
    for (const membership of c.memberships.values()) {
      const grant = this.grants.decide(c, membership.room.name)
      if (grant.canJoin && !grant.isVoidAt(wallMs)) membership.grant = grant
      else this.end(membership, reason)
    }
  }

  private enter(
    c: Connection,
    room: Room,
    item: JoinItem,
    isLive: boolean,
    done: (answer: Answer<JoinOk>) => void,
  ): void {
    if (!isLive || c.closing !== null) {
      done(failed('unavailable', 'the room could not be joined now', BUS_RETRY_MS))
      return
    }
    if (!c.memberships.has(room.name)) {
      const fault = this.faultIn(c, room.name)
      if (fault !== undefined) {
        this.refuse(c, fault, done)
        return
      }
      this.rooms.enter(new Membership(c, room, this.ports.clock.wallMs(), this.grants.of(c, room.name)))
      this.grants.forget(c, room.name)
      this.books.joins += 1
      this.closer.note(c, 'joined', room.name)
    }
    this.answer(c, item, done)
    this.superseding.joined(c)
  }

  /** Answers a member with the room's place and state, after all that lies before that place. */
  private answer(c: Connection, item: JoinItem, done: (answer: Answer<JoinOk>) => void): void {
    const room = c.memberships.get(item.room)?.room
    if (room === undefined) return
    if (room.flush.hasWork) this.rooms.flushNow(room)
    const epoch = room.epoch ?? ''
    const state: RoomState = room.type.presence ? { members: room.memberCount } : {}
    const place = { room: state, epoch, offset: room.offset }
    done({ ok: item.since === undefined ? place : { ...place, ...recovery(item.since, epoch, room.offset) } })
  }

  private refuse(c: Connection, error: ReplyError, done: (answer: Answer<JoinOk>) => void): void {
    done({ error })
    if (PROBING.has(error.code)) this.limiter.refusedJoin(c)
  }

  private faultIn(c: Connection, name: string): ReplyError | undefined {
    const right = this.missingRight(c, name, 'join')
    if (right !== undefined) return right
    if (this.ports.roomStates.closed(name) !== undefined) return failed('room_closed', 'the room is closed').error
    const most = this.settings.maxRoomsPerConnection
    if (most > 0 && c.memberships.size + c.joinsInFlight >= most) {
      return failed('too_many_rooms', `a connection may be in ${most} rooms`).error
    }
    const limit = this.policy.typeOf(name)?.memberLimit ?? null
    const members = this.rooms.rooms.get(name)?.memberCount ?? 0
    if (limit !== null && members >= limit) return failed('room_full', `the room takes ${limit} members`).error
    return undefined
  }

  private missingRight(c: Connection, name: string, right: 'join' | 'presence'): ReplyError | undefined {
    if (c.state !== 'open') return failed('not_authenticated', 'the connection has not authenticated').error
    if (this.policy.typeOf(name) === undefined) return failed('unknown_room', 'no room type fits this name').error
    const grant = this.grants.of(c, name)
    if (!(right === 'join' ? grant.canJoin : grant.canPresence)) {
      return failed('forbidden', `the token does not give ${right} in this room`).error
    }
    if (grant.isVoidAt(this.ports.clock.wallMs())) {
      return failed('not_authenticated', 'the token has expired: send refresh').error
    }
    return undefined
  }
}

/** Without history only one thing can be known: that nothing was missed, or how much was. */
function recovery(
  since: Position,
  epoch: string,
  offset: number,
): { recovered: true; messages: [] } | { recovered: false; reason: 'epoch_changed' | 'history_off'; missed?: number } {
  if (since.epoch !== epoch) return { recovered: false, reason: 'epoch_changed' }
  if (since.offset > offset) return { recovered: false, reason: 'history_off' }
  if (since.offset === offset) return { recovered: true, messages: [] }
  return { recovered: false, reason: 'history_off', missed: offset - since.offset }
}
