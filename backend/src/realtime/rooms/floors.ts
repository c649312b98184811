import type { Position } from '@gatehouse/protocol'
import type { Connection } from '../connections/connection.js'
import { SESSION_LIFE_MS } from '../ports/session-life.js'
import type { Membership } from './membership.js'

/** Sessions remembered; beyond it the oldest are forgotten, and their clients get `not_authorized`. */
const MOST_SESSIONS = 100_000
/** And rooms of all sessions together. */
const MOST_ROOMS = 500_000

interface Kept {
  readonly atMs: number
  readonly rooms: ReadonlyMap<string, Position>
}

/**
 * How far back each session may recover without the right `history`: to where it first entered the room. Kept for
 * sessions whose connection ended; while one is open, its memberships hold this.
 */
export class Floors {
  readonly #sessions = new Map<string, Kept>()
  #roomCount = 0

  /** The connection is about to lose its memberships: remembers their floors where they will matter. */
  keep(c: Connection, nowMs: number): void {
    if (c.session === null) return
    const rooms = new Map(this.#sessions.get(c.session)?.rooms)
    for (const { room, floor, grant } of c.memberships.values()) {
      if (room.type.history !== null && !grant.canHistory) rooms.set(room.name, floor)
    }
    if (rooms.size === 0) return
    // Removed and set again, so that the map stays in order of age.
    this.#forget(c.session)
    this.#sessions.set(c.session, { atMs: nowMs, rooms })
    this.#roomCount += rooms.size
    for (const session of this.#sessions.keys()) {
      if (this.#sessions.size <= MOST_SESSIONS && this.#roomCount <= MOST_ROOMS) return
      this.#forget(session)
    }
  }

  /** Where the connection's session first entered the room, or undefined: then it may not look back. */
  of(c: Connection, room: string): Position | undefined {
    const open: Membership | undefined = c.supersedes?.memberships.get(room)
    if (open !== undefined) return open.floor
    return c.identity.hasResumed && c.session !== null ? this.#sessions.get(c.session)?.rooms.get(room) : undefined
  }

  /** Forgets sessions whose time is over. */
  expire(nowMs: number): void {
    for (const [session, { atMs }] of this.#sessions) {
      if (nowMs - atMs < SESSION_LIFE_MS) return
      this.#forget(session)
    }
  }

  #forget(session: string): void {
    this.#roomCount -= this.#sessions.get(session)?.rooms.size ?? 0
    this.#sessions.delete(session)
  }
}
