import type { HistoryData, PresenceOk, ReplyError } from '@gatehouse/protocol'
import type { Connection } from '../connections/connection.js'
import type { History } from '../ports/history.js'
import { failed, type Answer } from '../replies/answer.js'
import type { Grants } from '../rights/grants.js'
import { refusals } from '../rights/refusals.js'
import type { RoomPolicy } from '../rights/room-policy.js'
import { readHistory, type HistoryOk } from './history-reader.js'
import type { RoomDirectory } from './room-directory.js'

export interface RoomReaderParts {
  readonly history: History
  readonly policy: RoomPolicy
  readonly grants: Grants
  readonly rooms: RoomDirectory
}

/** Answers who is in a room, and which messages it keeps. */
export class RoomReader {
  readonly #parts: RoomReaderParts

  constructor(parts: RoomReaderParts) {
    this.#parts = parts
  }

  /** Who is in a room. */
  presence(c: Connection, name: string): Answer<PresenceOk> {
    const { policy, grants, rooms } = this.#parts
    const refusal: ReplyError | undefined = grants.refusal(c, name, 'presence')
    if (refusal !== undefined) return { error: refusal }
    const type = policy.typeOf(name)
    if (type === undefined) return { error: refusals.unknownRoom }
    if (type.presence === 'none') return failed('not_available', 'rooms of this type keep no presence')
    const room = rooms.rooms.get(name)
    if (room === undefined || room.presence === null) return { ok: { members: [], count: 0, users: 0 } }
    const membership = c.memberships.get(name)
    if (membership !== undefined) room.presence.changes?.named(membership, room.memberCount)
    return { ok: room.presence.answer(room.memberCount) }
  }

  /** A page of a room's history. */
  history(c: Connection, query: HistoryData, done: (answer: Answer<HistoryOk>) => void): void {
    const refusal = this.#parts.grants.refusal(c, query.room, 'history')
    if (refusal === undefined) this.#read(query, c, done)
    else done({ error: refusal })
  }

  /** The same for a service, whatever clients may read; the caller has checked that it may. */
  historyForServer(query: HistoryData, done: (answer: Answer<HistoryOk>) => void): void {
    this.#read(query, null, done)
  }

  #read(query: HistoryData, c: Connection | null, done: (answer: Answer<HistoryOk>) => void): void {
    const { history, policy, rooms } = this.#parts
    if (policy.typeOf(query.room)?.history === null) {
      done(failed('not_available', 'rooms of this type keep no history'))
      return
    }
    const room = rooms.obtain(query.room)
    if (room.error !== undefined) done(room)
    else readHistory(history, c, room.ok, query, done)
  }
}
