import { limits, type JoinItem, type ReplyError, type RoomState } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { Connection } from '../connections/connection.js'
import type { Superseding } from '../connections/superseding.js'
import type { Limiter } from '../limits/limiter.js'
import type { Clock } from '../ports/clock.js'
import type { History } from '../ports/history.js'
import type { RoomStates } from '../ports/room-state.js'
import type { Receipts } from '../receipts/receipts.js'
import { BUS_RETRY_MS, failed, type Answer } from '../replies/answer.js'
import type { Grants } from '../rights/grants.js'
import { refusals } from '../rights/refusals.js'
import type { RoomPolicy } from '../rights/room-policy.js'
import type { Floors } from './floors.js'
import { Joined, JoinedMany, type JoinedResult } from './joined.js'
import { Membership } from './membership.js'
import type { Memberships } from './memberships.js'
import { needsHistory, readForJoin, recover, type ReadForJoin, type RecoveryBudget } from './recovery.js'
import type { RoomDirectory } from './room-directory.js'
import type { Room } from './room.js'

/** Refusals that tell something to a client that probes; too many of them slow its joins down. */
const PROBING: ReadonlySet<string> = new Set(['forbidden', 'unknown_room', 'too_many_rooms', 'rate_limited'])

interface Refused {
  readonly item: JoinItem
  readonly room: null
  readonly error: ReplyError
}

interface Prepared {
  readonly item: JoinItem
  readonly room: Room
  /** The connection was not a member when it asked. */
  readonly isNew: boolean
  /** False where the bus failed. */
  readonly isLive: boolean
  readonly read: ReadForJoin
}

/** A join that is ready to complete, or that was refused. */
type Candidate = Refused | Prepared

/** Makes a connection a member of a room that is ready for it. */
export type Entrance = (budget: RecoveryBudget | null) => JoinedResult

export interface JoinerParts {
  readonly clock: Clock
  readonly history: History
  readonly roomStates: RoomStates
  readonly books: Books
  readonly policy: RoomPolicy
  readonly grants: Grants
  readonly limiter: Limiter<Connection>
  readonly superseding: Superseding
  readonly rooms: RoomDirectory
  readonly memberships: Memberships
  readonly floors: Floors
  readonly receipts: Receipts
  /** 0: no limit. */
  readonly maxRoomsPerConnection: number
}

/** Joins connections to rooms. */
export class Joiner {
  readonly #parts: JoinerParts

  constructor(parts: JoinerParts) {
    this.#parts = parts
  }

  /** Joins one room; limits refused joins by itself. */
  join(c: Connection, item: JoinItem, done: (answer: Answer<Joined>) => void): void {
    this.#joinAll(c, [item], ([result]) => {
      if (result !== undefined) done(result.ok === undefined ? { error: result.error } : { ok: result.ok })
    })
  }

  /** Joins many rooms and answers once all are decided, in the order asked. */
  joinMany(c: Connection, items: readonly JoinItem[], done: (answer: Answer<JoinedMany>) => void): void {
    this.#joinAll(c, items, (results) => done({ ok: new JoinedMany(results) }))
  }

  /**
   * Prepares a room that the server joins `c` to. Call the entrance once: with the budget that recoveries may still use
   * it joins, with null it releases the room.
   */
  ready(c: Connection, item: JoinItem, then: (enter: Entrance) => void): void {
    this.#prepare(c, item, (candidate) => then((budget) => this.#enter(c, candidate, budget)))
  }

  /** Joins rooms together: all results come in one turn, in the order asked, right after the messages before them. */
  #joinAll(c: Connection, items: readonly JoinItem[], done: (results: readonly JoinedResult[]) => void): void {
    const { limiter, superseding } = this.#parts
    const budget: RecoveryBudget = { bytes: limits.recoveryReplyBytes }
    const candidates: Candidate[] = []
    let left = items.length
    for (const [at, item] of items.entries()) {
      this.#prepare(c, item, (candidate) => {
        candidates[at] = candidate
        left -= 1
        if (left > 0) return
        const results = candidates.map((each) => this.#enter(c, each, budget))
        done(results)
        // Counted after the answer, because the last one allowed closes the connection.
        for (const { error } of results) if (error !== undefined && PROBING.has(error.code)) limiter.refusedJoin(c)
        if (results.some(({ ok }) => ok !== undefined)) superseding.joined(c)
      })
    }
  }

  /** Subscribes to the room and reads what the answer needs; a join that cannot succeed is refused at once. */
  #prepare(c: Connection, item: JoinItem, then: (candidate: Candidate) => void): void {
    const { limiter, rooms, history } = this.#parts
    const waitMs = limiter.joinWaitMs(c)
    if (waitMs > 0) {
      then({ item, room: null, ...failed('rate_limited', 'too many joins were refused', waitMs) })
      return
    }
    const isNew = !c.memberships.has(item.room)
    const fault = isNew ? this.#faultIn(c, item.room) : undefined
    const obtained = fault === undefined ? rooms.obtain(item.room) : { error: fault }
    if (obtained.error !== undefined) {
      then({ item, room: null, error: obtained.error })
      return
    }
    const room = obtained.ok
    c.beginJoin(isNew)
    room.beginJoin()
    rooms.whenLive(room, (isLive) => {
      if (!isLive || !needsHistory(room, item.since)) then({ item, room, isNew, isLive, read: undefined })
      else readForJoin(history, room, item.since, (read) => then({ item, room, isNew, isLive, read }))
    })
  }

  /** Makes the candidate a member, if it still may be one, and answers its place; it gets all messages from here on. */
  #enter(c: Connection, candidate: Candidate, budget: RecoveryBudget | null): JoinedResult {
    const { item, room } = candidate
    if (room === null) return { room: item.room, error: candidate.error }
    c.endJoin(candidate.isNew)
    try {
      if (!candidate.isLive || c.closing !== null || budget === null) {
        return { room: room.name, ...failed('unavailable', 'the room could not be joined now', BUS_RETRY_MS) }
      }
      if (!c.memberships.has(room.name)) {
        const fault = this.#faultIn(c, room.name)
        if (fault !== undefined) return { room: room.name, error: fault }
        this.#parts.memberships.enter(this.#membershipIn(room, c))
      }
      return { room: room.name, ok: this.#answer(c, room, candidate, budget) }
    } finally {
      room.endJoin()
      this.#parts.rooms.restIfEmpty(room)
    }
  }

  #membershipIn(room: Room, c: Connection): Membership {
    const { clock, grants, floors } = this.#parts
    const here = { epoch: room.epoch ?? '', offset: room.offset }
    const known = floors.of(c, room.name)
    const floor = known?.epoch === here.epoch ? known : here
    return new Membership(c, room, clock.wallMs(), grants.of(c, room.name), floor)
  }

  /** The member's place and the room's state, once everything before that place was sent. */
  #answer(c: Connection, room: Room, { item, read }: Prepared, budget: RecoveryBudget): Joined {
    const { books, receipts } = this.#parts
    if (room.hasWork) room.sendOutNow()
    const { since } = item
    const membership = c.memberships.get(room.name)
    const place = { room: stateFor(membership, room), epoch: room.epoch ?? '', offset: room.offset }
    const { messages, ...recovery } = recover(room, since, read, membership, budget)
    if (membership !== undefined && since?.epoch === room.epoch && since.offset <= room.offset) {
      receipts.take(membership, since.offset)
    }
    if (recovery.recovered !== undefined) {
      const result = recovery.reason ?? 'recovered'
      room.countRecovery(result)
      books.recoveries[result] += 1
      books.recoveredMessages += messages?.items.length ?? 0
    }
    return new Joined({ ...place, ...recovery }, messages ?? null)
  }

  #faultIn(c: Connection, name: string): ReplyError | undefined {
    const { policy, grants, roomStates, rooms, maxRoomsPerConnection: most } = this.#parts
    const refusal = grants.refusal(c, name, 'join')
    if (refusal !== undefined) return refusal
    const type = policy.typeOf(name)
    if (type === undefined) return refusals.unknownRoom
    if (roomStates.closed(name) !== undefined) return refusals.roomClosed
    if (most > 0 && c.memberships.size + c.roomsInFlight >= most) {
      return failed('too_many_rooms', `a connection may be in at most ${most} rooms`).error
    }
    const { memberLimit } = type
    const members = rooms.rooms.get(name)?.memberCount ?? 0
    if (memberLimit !== null && members >= memberLimit) {
      return failed('room_full', `the room takes at most ${memberLimit} members`).error
    }
    return undefined
  }
}

function stateFor(membership: Membership | undefined, { presence, memberCount }: Room): RoomState {
  if (presence === null) return {}
  if (membership !== undefined) presence.changes?.quote(membership, memberCount)
  return { members: memberCount, users: presence.users }
}
