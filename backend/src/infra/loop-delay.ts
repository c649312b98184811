import type { Cancel, Clock } from '../realtime/ports/clock.js'
import { Histogram } from '../realtime/histogram.js'

/** Ten looks in the time that a lag must last before anybody is turned away for it. */
const LOOK_MS = 20
/** A stall is remembered this long: one that just ended may be the first of many. */
const MEMORY_MS = 400

/** How far the event loop of this process lags behind its timers. */
export class LoopDelay {
  readonly observed = new Histogram()
  readonly #clock: Clock
  readonly #stop: Cancel
  #lastMs: number
  #worstMs = 0
  #worstAtMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastMs = clock.nowMs()
    this.#stop = clock.every(LOOK_MS, () => this.#look())
  }

  /** The worst lag of the last moments, milliseconds; also while the look that would find it is itself late. */
  currentMs(): number {
    const nowMs = this.#clock.nowMs()
    const overdueMs = nowMs - this.#lastMs - LOOK_MS
    const worstMs = nowMs - this.#worstAtMs < MEMORY_MS ? this.#worstMs : 0
    return Math.max(0, overdueMs, worstMs)
  }

  stop(): void {
    this.#stop()
  }

  #look(): void {
    const nowMs = this.#clock.nowMs()
    const lagMs = Math.max(0, nowMs - this.#lastMs - LOOK_MS)
    this.#lastMs = nowMs
    this.observed.observe(lagMs)
    if (lagMs >= this.#worstMs || nowMs - this.#worstAtMs >= MEMORY_MS) {
      this.#worstMs = lagMs
      this.#worstAtMs = nowMs
    }
  }
}
