import type { Cancel, Clock } from '../realtime/ports/clock.js'
import { Histogram } from '../realtime/books/histogram.js'

/** A tenth of the sustained lag above which openings are refused. */
const LOOK_MS = 20
/** The sustained lag is the median of this many samples, so that one long garbage collection is not an overload. */
const LOOKS = 5
/** A stall is remembered this long, because more may follow one that has just ended. */
const MEMORY_MS = 400

/** How far the event loop of this process lags behind its timers. */
export class LoopDelay {
  readonly observed = new Histogram()
  readonly #clock: Clock
  readonly #stop: Cancel
  #lastMs: number
  #worstMs = 0
  #worstAtMs = 0
  /** The lags of the newest samples, in no particular order. */
  readonly #lags = new Float64Array(LOOKS)
  #looks = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastMs = clock.nowMs()
    this.#stop = clock.every(LOOK_MS, () => this.#look())
  }

  /** The worst recent lag in milliseconds, including that of a sample that is overdue now. */
  currentMs(): number {
    const nowMs = this.#clock.nowMs()
    const overdueMs = nowMs - this.#lastMs - LOOK_MS
    const worstMs = nowMs - this.#worstAtMs < MEMORY_MS ? this.#worstMs : 0
    return Math.max(0, overdueMs, worstMs)
  }

  /** The median lag of the newest samples in milliseconds; a single stall does not change it. */
  sustainedMs(): number {
    const lags = this.#lags.slice()
    const overdueMs = this.#clock.nowMs() - this.#lastMs - LOOK_MS
    if (overdueMs > 0) lags[this.#looks % LOOKS] = overdueMs
    return lags.sort()[LOOKS >> 1] ?? 0
  }

  stop(): void {
    this.#stop()
  }

  #look(): void {
    const nowMs = this.#clock.nowMs()
    const lagMs = Math.max(0, nowMs - this.#lastMs - LOOK_MS)
    this.#lastMs = nowMs
    this.observed.observe(lagMs)
    this.#lags[this.#looks % LOOKS] = lagMs
    this.#looks += 1
    if (lagMs >= this.#worstMs || nowMs - this.#worstAtMs >= MEMORY_MS) {
      this.#worstMs = lagMs
      this.#worstAtMs = nowMs
    }
  }
}
