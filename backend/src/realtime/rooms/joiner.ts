import {
  limits,
  type HistoryData,
  type JoinItem,
  type LeftReason,
  type Push,
  type ReplyError,
  type Right,
  type RoomState,
} from '@gatehouse/protocol'
import { BUS_RETRY_MS, failed, type Answer } from '../replies/answer.js'
import type { Books } from '../books/books.js'
import type { Closer } from '../connections/closer.js'
import type { Connection } from '../connections/connection.js'
import { ParcelPerEncoding } from '../encoding/encoding.js'
import type { Floors } from './floors.js'
import type { Grants } from '../rights/grants.js'
import type { HistoryOk } from './history-reader.js'
import type { HubPorts, HubSettings } from '../ports/hub-settings.js'
import { Joined, type JoinedResult } from './joined.js'
import type { Limiter } from '../limits/limiter.js'
import { Membership } from './membership.js'
import type { ClosedRoom } from '../ports/room-state.js'
import type { Receipts } from '../receipts/receipts.js'
import { needsHistory, readForJoin, recover, type ReadForJoin, type RecoveryBudget } from './recovery.js'
import type { Room } from './room.js'
import type { RoomDirectory } from './room-directory.js'
import type { RoomPolicy } from '../rights/room-policy.js'
import { RoomStreams } from './room-streams.js'
import { inSlices } from './in-slices.js'
import type { Superseding } from '../connections/superseding.js'

/** Refusals that tell a prober something; too many of them slow its joins down. */
const PROBING: ReadonlySet<string> = new Set(['forbidden', 'unknown_room', 'too_many_rooms', 'rate_limited'])

interface Refused {
  readonly item: JoinItem
  readonly room: null
  readonly error: ReplyError
}

interface Prepared {
  readonly item: JoinItem
  readonly room: Room
  /** It was no member when it asked. */
  readonly isNew: boolean
  /** False where the bus failed. */
  readonly isLive: boolean
  readonly read: ReadForJoin
}

/** A join whose room is ready for it, or that cannot be. */
type Candidate = Refused | Prepared

/** Makes a connection a member of a room that is ready for it. */
export type Entrance = (budget: RecoveryBudget | null) => JoinedResult

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
    private readonly floors: Floors,
    private readonly receipts: Receipts,
    private readonly streams: RoomStreams,
  ) {}

  /** Joins rooms, together: all results stand in one turn, in the order asked, right behind what lies before them. */
  join(c: Connection, items: readonly JoinItem[], done: (results: readonly JoinedResult[]) => void): void {
    const budget: RecoveryBudget = { bytes: limits.recoveryReplyBytes }
    const candidates: Candidate[] = []
    let left = items.length
    for (const [at, item] of items.entries()) {
      this.prepare(c, item, (candidate) => {
        candidates[at] = candidate
        left -= 1
        if (left > 0) return
        const results = candidates.map((each) => this.enter(c, each, budget))
        done(results)
        // Counted after the answer: the last one it takes closes the connection.
        for (const { error } of results) if (error !== undefined && PROBING.has(error.code)) this.limiter.refusedJoin(c)
        if (results.some(({ ok }) => ok !== undefined)) this.superseding.joined(c)
      })
    }
  }

  /**
   * Readies a room that the server joins `c` to. The entrance is called once: with what recoveries may still take it
   * joins, with null it lets go of the room.
   */
  ready(c: Connection, item: JoinItem, then: (enter: Entrance) => void): void {
    this.prepare(c, item, (candidate) => then((budget) => this.enter(c, candidate, budget)))
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

  /** A page of a room's history. */
  history(c: Connection, query: HistoryData, done: (answer: Answer<HistoryOk>) => void): void {
    const fault = this.missingRight(c, query.room, 'history')
    if (fault !== undefined) done({ error: fault })
    else this.streams.page(query, c, done)
  }

  /** The server ends a membership and says why. */
  end(membership: Membership, reason: LeftReason): void {
    const { connection, room } = membership
    this.rooms.part(membership, true)
    this.closer.note(connection, 'left', `${room.name} ${reason}`)
    if (connection.closing !== null) return
    const push = { event: 'left', room: room.name, reason } as const
    connection.outbox.enqueue(connection.encoding.push(push, this.ports.clock.nowMs()))
  }

  /** An operator closed the room: its members are told and out; its stream is kept. */
  closeRoom(name: string, closed: ClosedRoom): void {
    const room = this.rooms.rooms.get(name)
    if (room === undefined) return
    room.isHeld = true
    const push: Push = {
      event: 'roomClosed',
      room: name,
      reason: closed.reason,
      ...(closed.message === null ? {} : { message: closed.message }),
      ...(closed.reopensAt === null ? {} : { reopensAt: closed.reopensAt }),
    }
    const nowMs = this.ports.clock.nowMs()
    const shared = new ParcelPerEncoding((encoding) => encoding.push(push, nowMs))
    inSlices(this.ports.clock, [...room.members()], (c) => {
      const membership = c.memberships.get(name)
      if (membership === undefined) return
      this.rooms.part(membership, true)
      this.closer.note(c, 'left', `${name} closed`)
      if (c.closing === null) c.outbox.enqueue(shared.in(c.encoding))
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
      if (grant.canJoin && !grant.isVoidAt(wallMs)) {
        membership.grant = grant
        this.rooms.renew(membership)
      } else this.end(membership, reason)
    }
  }

  /** Has the room's messages arrive here and reads what the answer will need; what cannot be joined is known at once. */
  private prepare(c: Connection, item: JoinItem, then: (candidate: Candidate) => void): void {
    const waitMs = this.limiter.joinWaitMs(c)
    if (waitMs > 0) {
      then({ item, room: null, ...failed('rate_limited', 'too many joins were refused', waitMs) })
      return
    }
    const isNew = !c.memberships.has(item.room)
    const fault = isNew ? this.faultIn(c, item.room) : undefined
    const obtained = fault === undefined ? this.rooms.obtain(item.room) : { error: fault }
    if (obtained.error !== undefined) {
      then({ item, room: null, error: obtained.error })
      return
    }
    const room = obtained.ok
    c.joinsInFlight += 1
    if (isNew) c.roomsInFlight += 1
    room.beginJoin()
    this.rooms.whenLive(room, (isLive) => {
      if (!isLive || !needsHistory(room, item.since)) then({ item, room, isNew, isLive, read: undefined })
      else readForJoin(this.ports.history, room, item.since, (read) => then({ item, room, isNew, isLive, read }))
    })
  }

  /** The candidate becomes a member, if it still may, and is told its place; from here on it gets what follows. */
  private enter(c: Connection, candidate: Candidate, budget: RecoveryBudget | null): JoinedResult {
    const { item, room } = candidate
    if (room === null) return { room: item.room, error: candidate.error }
    c.joinsInFlight -= 1
    if (candidate.isNew) c.roomsInFlight -= 1
    try {
      if (!candidate.isLive || c.closing !== null || budget === null) {
        return { room: room.name, ...failed('unavailable', 'the room could not be joined now', BUS_RETRY_MS) }
      }
      if (!c.memberships.has(room.name)) {
        const fault = this.faultIn(c, room.name)
        if (fault !== undefined) return { room: room.name, error: fault }
        const here = { epoch: room.epoch ?? '', offset: room.offset }
        const known = this.floors.of(c, room.name)
        const floor = known?.epoch === here.epoch ? known : here
        this.rooms.enter(new Membership(c, room, this.ports.clock.wallMs(), this.grants.of(c, room.name), floor))
        this.grants.forget(c, room.name)
        this.books.joins += 1
        this.closer.note(c, 'joined', room.name)
      }
      return { room: room.name, ok: this.answer(c, room, candidate, budget) }
    } finally {
      room.endJoin()
      this.rooms.restIfEmpty(room)
    }
  }

  /** The member's place and the room's state, after all that lies before that place. */
  private answer(c: Connection, room: Room, { item, read }: Prepared, budget: RecoveryBudget): Joined {
    if (room.flush.hasWork) this.rooms.flushNow(room)
    const { since } = item
    const membership = c.memberships.get(room.name)
    const place = { room: stateFor(membership, room), epoch: room.epoch ?? '', offset: room.offset }
    const { messages, ...recovery } = recover(room, since, read, membership, budget)
    if (membership !== undefined && since?.epoch === room.epoch && since.offset <= room.offset) {
      this.receipts.take(membership, since.offset)
    }
    if (recovery.recovered !== undefined) {
      const result = recovery.reason ?? 'recovered'
      room.countRecovery(result)
      this.books.recoveries[result] += 1
      this.books.recoveredMessages += messages?.items.length ?? 0
    }
    return new Joined({ ...place, ...recovery }, messages ?? null)
  }

  private faultIn(c: Connection, name: string): ReplyError | undefined {
    const right = this.missingRight(c, name, 'join')
    if (right !== undefined) return right
    if (this.ports.roomStates.closed(name) !== undefined) return failed('room_closed', 'the room is closed').error
    const most = this.settings.maxRoomsPerConnection
    if (most > 0 && c.memberships.size + c.roomsInFlight >= most) {
      return failed('too_many_rooms', `a connection may be in ${most} rooms`).error
    }
    const limit = this.policy.typeOf(name)?.memberLimit ?? null
    const members = this.rooms.rooms.get(name)?.memberCount ?? 0
    if (limit !== null && members >= limit) return failed('room_full', `the room takes ${limit} members`).error
    return undefined
  }

  /** Why the connection may not do this in the room, as its token says. */
  missingRight(c: Connection, name: string, right: Exclude<Right, 'publish'>): ReplyError | undefined {
    if (c.state !== 'open') return failed('not_authenticated', 'the connection has not authenticated').error
    if (this.policy.typeOf(name) === undefined) return failed('unknown_room', 'no room type fits this name').error
    const grant = this.grants.of(c, name)
    if (!grant.allows(right)) {
      return failed('forbidden', `the token does not give ${right} in this room`).error
    }
    if (grant.isVoidAt(this.ports.clock.wallMs())) {
      return failed('not_authenticated', 'the token has expired: send refresh').error
    }
    return undefined
  }
}

function stateFor(membership: Membership | undefined, { presence, memberCount }: Room): RoomState {
  if (presence === null) return {}
  if (membership !== undefined) presence.changes?.quote(membership, memberCount)
  return { members: memberCount, users: presence.users }
}
