import type { Clock } from '../../realtime/ports/clock.js'
import { StoreUnavailable } from '../repositories/store-errors.js'

/** How long what PostgreSQL last said of a secret still counts while it is down. */
const trustMs = 15 * 60_000
const mostSeen = 10_000

/**
 * What secrets were last worth, by their hash, so that whoever was signed in can still kick and drain while PostgreSQL
 * is down. It never says yes to what this node has not seen accepted.
 */
export class RecentlySeen<T> {
  readonly #clock: Clock
  readonly #seen = new Map<string, { value: T; atMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Asks PostgreSQL; where that is down, answers what is remembered or throws on. */
  async ask(hash: Buffer, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = hash.toString('base64')
    try {
      const value = await load()
      this.#seen.delete(key)
      if (value !== undefined) this.#remember(key, value)
      return value
    } catch (error) {
      const known = this.#seen.get(key)
      if (!(error instanceof StoreUnavailable) || known === undefined) throw error
      if (this.#clock.nowMs() - known.atMs > trustMs) throw error
      return known.value
    }
  }

  /** Forgets all that `isGone` says of. */
  forget(isGone: (value: T) => boolean): void {
    for (const [key, { value }] of this.#seen) if (isGone(value)) this.#seen.delete(key)
  }

  #remember(key: string, value: T): void {
    if (this.#seen.size >= mostSeen) this.#seen.delete(this.#seen.keys().next().value as string)
    this.#seen.set(key, { value, atMs: this.#clock.nowMs() })
  }
}
