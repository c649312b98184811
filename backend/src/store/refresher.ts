import type { Cancel, Clock } from '../realtime/ports/clock.js'

/**
 * Reads something every few seconds and at once after a change, one read at a time, and knows the age of the last one.
 * If a read fails, the last one stays in force.
 */
export class Refresher {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #read: () => Promise<void>
  #freshAtMs: number | undefined
  #running: Promise<void> | undefined
  #isStale = false
  #stopTimer: Cancel | undefined

  constructor(clock: Clock, everyMs: number, read: () => Promise<void>) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#read = read
  }

  /** Reads once, then keeps reading. @throws what the first read threw */
  async start(): Promise<void> {
    this.#stopTimer ??= this.#clock.every(this.#everyMs, () => {
      this.refreshSoon()
    })
    await this.refresh()
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  /** Milliseconds since the last successful read began; infinite before the first. */
  ageMs(): number {
    return this.#freshAtMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.nowMs() - this.#freshAtMs
  }

  /** Reads the present state: a read under way may have begun too early, so another follows it. */
  async refresh(): Promise<void> {
    if (this.#running !== undefined) {
      this.#isStale = true
      return this.#running
    }
    this.#running = this.#readUntilFresh().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** The same without waiting; a failure shows in the age. */
  refreshSoon(): void {
    this.refresh().catch(() => undefined)
  }

  async #readUntilFresh(): Promise<void> {
    do {
      this.#isStale = false
      const beganAtMs = this.#clock.nowMs()
      await this.#read()
      this.#freshAtMs = beganAtMs
    } while (this.#isStale)
  }
}
