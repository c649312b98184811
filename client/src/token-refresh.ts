import type { Clock } from './clock.js'
import { reconnectDelayMs } from './backoff.js'

/** How long before a token ends a new one is asked for, milliseconds; at most a fifth of the token's life. */
const EARLY_MS = 60_000

/** Sends a new token before the old one ends; tries again while there is time. */
export class TokenRefresh {
  #cancel = (): void => {}
  #attempt = 0

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    /** Gets and sends a token; resolves to how long it still lives, milliseconds. */
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
