import type { Clock } from '../ports/clock.js'
import type { SessionStore } from '../ports/session-store.js'
import type { Closer } from './closer.js'
import type { Connection } from './connection.js'
import type { Registry } from './registry.js'

/** The older connection of a session outlives the newer one's arrival by this at most. */
const OVERLAP_MS = 10_000

/** Make before break: a newer connection of a session takes over before the older one closes. */
export class Superseding {
  readonly #overlapping = new Set<Connection>()

  constructor(
    private readonly clock: Clock,
    private readonly registry: Registry,
    private readonly closer: Closer,
    private readonly sessions: SessionStore,
  ) {
    closer.onEnding((c) => this.#ending(c))
  }

  /** The session belongs to `newer` from now on; while `older` is still open, both are there for a while. */
  begin(older: Connection, newer: Connection): void {
    older.takeover.successor = newer.id
    if (older.closing !== null) return
    older.takeover.endsAtMs = this.clock.nowMs() + OVERLAP_MS
    newer.takeover.supersedes = older
    this.registry.uncount(older)
    this.#overlapping.add(older)
  }

  /** The newer connection is in a room: once none of its joins is under way, the older one may go. */
  joined(newer: Connection): void {
    const older = newer.supersedes
    if (older === null) return
    this.clock.atTurnEnd(() => {
      if (newer.joinsInFlight > 0 || newer.supersedes !== older) return
      newer.takeover.supersedes = null
      this.#end(older)
    })
  }

  tick(nowMs: number): void {
    for (const older of this.#overlapping) if (nowMs >= older.takeover.endsAtMs) this.#end(older)
  }

  /** A newer connection ends before it joined: the session goes back to the older one. */
  #ending(newer: Connection): void {
    const older = newer.supersedes
    if (older === null) return
    newer.takeover.supersedes = null
    if (newer.successor !== null) {
      const heir = this.registry.connections.get(newer.successor)
      if (heir?.supersedes === newer) heir.takeover.supersedes = older
      older.takeover.successor = newer.successor
      return
    }
    this.#overlapping.delete(older)
    older.takeover.successor = null
    this.restore(older)
  }

  /** Gives the session back to the older connection, unless a newer one has claimed it meanwhile: that one keeps it. */
  restore(older: Connection): void {
    const { session, user } = older
    if (older.closing !== null || session === null || user === null) return
    this.registry.count(older)
    this.sessions.claim(session, user, older.id, ({ id, previous }) => {
      if (older.isClosed || id !== session) {
        this.sessions.release(id, older.id)
        return
      }
      const heir = previous === null ? undefined : this.registry.connections.get(previous)
      if (heir === undefined || heir === older || heir.closing !== null || heir.user !== user) return
      this.sessions.claim(session, user, heir.id, () => {
        if (heir.isClosed) this.sessions.release(session, heir.id)
      })
      if (older.closing === null) this.begin(older, heir)
    })
  }

  #end(older: Connection): void {
    this.#overlapping.delete(older)
    if (older.isClosed) return
    this.closer.disconnect(older, 'superseded', older.successor === null ? {} : { successor: older.successor })
  }
}
