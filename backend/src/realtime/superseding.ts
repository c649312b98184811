import type { Closer } from './closer.js'
import type { Connection } from './connection.js'
import type { Clock } from './ports/clock.js'
import type { Registry } from './registry.js'

/** The older connection of a session outlives the newer one's arrival by this at most. */
const OVERLAP_MS = 10_000

/** Make before break: a newer connection of a session takes over before the older one closes. */
export class Superseding {
  private readonly overlapping = new Set<Connection>()

  constructor(
    private readonly clock: Clock,
    private readonly registry: Registry,
    private readonly closer: Closer,
  ) {}

  begin(older: Connection, newer: Connection): void {
    older.successor = newer.id
    older.supersedeAtMs = this.clock.nowMs() + OVERLAP_MS
    newer.supersedes = older
    this.registry.uncount(older)
    this.overlapping.add(older)
  }

  /** The newer connection is in a room: once no join of its is under way, the older may go. */
  joined(newer: Connection): void {
    const older = newer.supersedes
    if (older === null) return
    this.clock.atTurnEnd(() => {
      if (newer.joinsInFlight > 0 || newer.supersedes !== older) return
      newer.supersedes = null
      this.end(older)
    })
  }

  tick(nowMs: number): void {
    for (const older of this.overlapping) if (nowMs >= older.supersedeAtMs) this.end(older)
  }

  private end(older: Connection): void {
    this.overlapping.delete(older)
    if (older.isClosed) return
    this.closer.disconnect(older, 'superseded', older.successor === null ? {} : { successor: older.successor })
  }
}
