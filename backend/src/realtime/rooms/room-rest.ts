import type { Clock } from '../ports/clock.js'

/** A room that sent for less does not rest, milliseconds. */
const SHORT_WORK_MS = 1
const LONGEST_REST_MS = 20
/** The load is the mean since it was last read, at least this long ago, milliseconds: a few sends of a wide room. */
const MEASURED_MS = 100

/**
 * How long wide rooms rest between two sends: not at all while the event loop has time left, as long as they worked when
 * it has none. What arrives meanwhile is joined and costs one write more for each member, not one for each message.
 */
export class RoomRest {
  readonly #clock: Clock
  readonly #aboveLoad: number
  #sinceMs: number
  #idleMs: number
  #load = 0

  /** @param aboveLoad the share of the event loop's time, 0 to 1, up to which no room rests; 1: none ever does */
  constructor(clock: Clock, aboveLoad: number) {
    this.#clock = clock
    this.#aboveLoad = aboveLoad
    this.#sinceMs = clock.nowMs()
    this.#idleMs = clock.idleMs()
  }

  /** Milliseconds to rest after a room sent for `workedMs`. */
  after(workedMs: number): number {
    if (workedMs < SHORT_WORK_MS) return 0
    const excess = this.#measuredLoad() - this.#aboveLoad
    return excess <= 0 ? 0 : Math.min((workedMs * excess) / (1 - this.#aboveLoad), LONGEST_REST_MS)
  }

  /** How busy the event loop was lately, 0 to 1; after a pause of wide rooms, since the last of them was sent. */
  #measuredLoad(): number {
    const nowMs = this.#clock.nowMs()
    const elapsedMs = nowMs - this.#sinceMs
    if (elapsedMs >= MEASURED_MS) {
      const idleMs = this.#clock.idleMs()
      this.#load = Math.min(Math.max(1 - (idleMs - this.#idleMs) / elapsedMs, 0), 1)
      this.#sinceMs = nowMs
      this.#idleMs = idleMs
    }
    return this.#load
  }
}
