import type { Clock } from '../../realtime/ports/clock.js'
import { StoreUnavailable } from '../repositories/store-errors.js'

/** How long PostgreSQL's last answer about a secret stays valid while it is down. */
const TRUST_MS = 15 * 60_000
const MOST_SEEN = 10_000

/**
 * The last known result for each secret, by its hash, so that operators who were signed in can still kick and drain
 * while PostgreSQL is down. It never accepts a secret that PostgreSQL has not accepted before on this node.
 */
export class RecentlySeen<T> {
  readonly #clock: Clock
  readonly #seen = new Map<string, { value: T; atMs: number }>()
  #forgotten = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Asks PostgreSQL, unless its last answer is younger than `freshMs`. While PostgreSQL is down, returns the remembered
   * value, or rethrows.
   */
  async ask(hash: Buffer, load: () => Promise<T | undefined>, freshMs = 0): Promise<T | undefined> {
    const key = hash.toString('base64')
    const fresh = this.#seen.get(key)
    if (fresh !== undefined && this.#clock.nowMs() - fresh.atMs < freshMs) return fresh.value
    try {
      const value = await this.#current(load)
      this.#seen.delete(key)
      if (value !== undefined) this.#remember(key, value)
      return value
    } catch (error) {
      const known = this.#seen.get(key)
      if (!(error instanceof StoreUnavailable) || known === undefined) throw error
      if (this.#clock.nowMs() - known.atMs > TRUST_MS) throw error
      return known.value
    }
  }

  /** Forgets all values for which `isGone` is true. */
  forget(isGone: (value: T) => boolean): void {
    this.#forgotten += 1
    for (const [key, { value }] of this.#seen) if (isGone(value)) this.#seen.delete(key)
  }

  /** Reads again if something was forgotten during the read, since the value read may be the one to forget. */
  async #current(load: () => Promise<T | undefined>): Promise<T | undefined> {
    for (;;) {
      const before = this.#forgotten
      const value = await load()
      if (value === undefined || before === this.#forgotten) return value
    }
  }

  #remember(key: string, value: T): void {
    if (this.#seen.size >= MOST_SEEN) this.#seen.delete(this.#seen.keys().next().value as string)
    this.#seen.set(key, { value, atMs: this.#clock.nowMs() })
  }
}
