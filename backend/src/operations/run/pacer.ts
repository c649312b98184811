import type { Clock } from '../../realtime/ports/clock.js'

/** The unit in which the pace is promised. */
export const SLOT_MS = 100
/** How often the pacer is asked: several small steps a slot, so that a slot's closes are spread too. */
export const STEP_MS = 20
/** What a stalled loop may catch up on, in seconds of the rate; beyond that the operation ends later than planned. */
const CREDIT_SECONDS = 5

/** Most closes that may be issued within any 100 ms at this rate a second. */
export function slotBound(rate: number): number {
  const target = (rate * SLOT_MS) / 1000
  return Math.ceil(1.5 * target) + (target < 4 ? 1 : 0)
}

/**
 * A token bucket that decides how many closes may be issued now. It catches up on delays, but never issues more than
 * `slotBound` closes within any 100 ms, wherever that window begins.
 */
export class Pacer {
  readonly #clock: Clock
  #rate: number
  #credit = 0
  #filledAtMs: number | null = null
  readonly #recent: { atMs: number; count: number }[] = []

  /** @param rate closes a second, above 0 */
  constructor(clock: Clock, rate: number) {
    this.#clock = clock
    this.#rate = rate
  }

  get rate(): number {
    return this.#rate
  }

  get isRunning(): boolean {
    return this.#filledAtMs !== null
  }

  /** Starts or resumes; what came due while it was stopped is not made up for. */
  start(): void {
    if (this.#filledAtMs === null) this.#filledAtMs = this.#clock.nowMs()
  }

  /** Nothing is due until `start`. */
  stop(): void {
    this.#fill()
    this.#filledAtMs = null
    this.#credit = Math.min(this.#credit, 1)
  }

  /** From here on `rate` closes a second. */
  setRate(rate: number): void {
    this.#fill()
    this.#rate = rate
    this.#credit = Math.min(this.#credit, rate * CREDIT_SECONDS)
  }

  /** How many closes to issue now, at most `most`; they count as issued. */
  take(most: number): number {
    if (this.#filledAtMs === null) return 0
    this.#fill()
    // A rounding error must not hold a whole close back for one more step.
    const due = Math.floor(this.#credit + 1e-9)
    const count = Math.max(0, Math.min(most, due, slotBound(this.#rate) - this.#issuedLately()))
    if (count === 0) return 0
    this.#credit -= count
    this.#recent.push({ atMs: this.#clock.nowMs(), count })
    return count
  }

  #fill(): void {
    if (this.#filledAtMs === null) return
    const now = this.#clock.nowMs()
    const earned = ((now - this.#filledAtMs) * this.#rate) / 1000
    this.#credit = Math.min(this.#credit + earned, Math.max(1, this.#rate * CREDIT_SECONDS))
    this.#filledAtMs = now
  }

  #issuedLately(): number {
    const since = this.#clock.nowMs() - SLOT_MS
    while (this.#recent.length > 0 && (this.#recent[0] as { atMs: number }).atMs <= since) this.#recent.shift()
    return this.#recent.reduce((sum, step) => sum + step.count, 0)
  }
}
