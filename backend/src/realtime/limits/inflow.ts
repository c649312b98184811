import { TokenBucket } from './token-bucket.js'

/** How much one connection may send, in messages or in bytes. */
export interface InflowRate {
  /** What is counted, as evidence names it. */
  readonly unit: 'messages a second' | 'bytes a second'
  readonly perSecond: number
  /** How much may come at once. */
  readonly burst: number
  /** A second with more than this is a second over the rate. */
  readonly floodPerWindow: number
}

const WINDOW_MS = 1_000
/** This many windows over the rate in a row are a flood. */
const WINDOWS_OVER = 2
/** More than the burst and two windows' flood within this time is a flood at once. */
const BURST_WINDOW_MS = WINDOW_MS * WINDOWS_OVER

/** What one connection sent lately, in messages or in bytes: its bucket, and whether it floods. */
export class Inflow {
  /** What came since the burst window began, let through or not. */
  recent = 0
  readonly #bucket: TokenBucket
  #windowStartMs: number
  #inWindow = 0
  #windowsOver = 0
  #recentStartMs: number

  constructor(rate: InflowRate, nowMs: number) {
    this.#bucket = new TokenBucket(rate.burst, nowMs)
    this.#windowStartMs = nowMs
    this.#recentStartMs = nowMs
  }

  /** Takes `cost`. Answers 0 when there was room, else the milliseconds until there is. */
  take(cost: number, rate: InflowRate, nowMs: number): number {
    return this.#bucket.take(cost, rate.perSecond, rate.burst, nowMs)
  }

  isFull(rate: InflowRate, nowMs: number): boolean {
    return this.#bucket.isFull(rate.perSecond, rate.burst, nowMs)
  }

  /** Counts what came, whether it is let through or not; true when it is a flood by now. */
  isFlood(cost: number, rate: InflowRate, nowMs: number): boolean {
    const elapsedMs = nowMs - this.#windowStartMs
    const isNewWindow = elapsedMs >= WINDOW_MS
    if (isNewWindow) {
      const isOver = elapsedMs < 2 * WINDOW_MS && this.#inWindow > rate.floodPerWindow
      this.#windowsOver = isOver ? this.#windowsOver + 1 : 0
      this.#windowStartMs = nowMs
      this.#inWindow = 0
    }
    const isLong = isNewWindow && this.#windowsOver >= WINDOWS_OVER
    this.#inWindow += cost
    // A client that sends everything at once and then nothing never fills two windows in a row.
    if (nowMs - this.#recentStartMs >= BURST_WINDOW_MS) {
      this.#recentStartMs = nowMs
      this.recent = 0
    }
    this.recent += cost
    return isLong || this.recent > rate.burst + rate.floodPerWindow * WINDOWS_OVER
  }

  /** The flood was answered by a pause: what counted towards it does not count again. */
  calm(): void {
    this.#windowsOver = 0
    this.recent = 0
  }
}
