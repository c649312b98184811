import type { Clock } from './clock.js'
import { reconnectDelayMs } from './backoff.js'

/** Longest time before the end at which a new token is asked for, milliseconds; a fifth of a shorter life. */
const EARLY_MS = 60_000

/** Sends a new token before the old one ends; tries again while there is time. */
export class TokenRefresh {
  #cancel = (): void => {}
  #attempt = 0

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    /** Gets and sends a token; answers how long that one still lives, milliseconds. */
    private readonly refresh: () => Promise<number>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  start(lifeMs: number): void {
    this.#attempt = 0
    this.#schedule(lifeMs - Math.min(EARLY_MS, lifeMs / 5))
  }

  stop(): void {
    this.#cancel()
  }

  #schedule(ms: number): void {
    this.#cancel()
    let isCancelled = false
    const cancelTimer = this.clock.after(ms, () => {
      this.refresh().then(
        (nextLifeMs) => {
          if (!isCancelled) this.start(nextLifeMs)
        },
        (error: unknown) => {
          if (isCancelled) return
          this.onFailure(error)
          this.#schedule(reconnectDelayMs(this.#attempt, this.random(), 1000))
          this.#attempt += 1
        },
      )
    })
    this.#cancel = () => {
      isCancelled = true
      cancelTimer()
    }
  }
}
