import { StoreUnavailable } from '../repositories/store-errors.js'

/**
 * Runs a few look-ups at a time and bounds how many wait, so that strangers who try keys never take all of the pool's
 * connections from bans, records and operators.
 */
export class LookupGate {
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  /** Runs the look-up in its turn. @throws StoreUnavailable if too many wait already */
  async run<T>(lookUp: () => Promise<T>): Promise<T> {
    if (this.#running < this.most) this.#running += 1
    else if (this.#waiting.length >= this.mostWaiting) throw new StoreUnavailable()
    // A look-up that ends passes its slot on.
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve))
    try {
      return await lookUp()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
