import { randomFillSync } from 'node:crypto'
import { Random } from '../realtime/ports/random.js'
import { base32 } from './base32.js'

const POOL_BYTES = 4_096

/** Ids from the operating system's random numbers, drawn in bulk; `number` is JavaScript's own generator. */
export class SystemRandom extends Random {
  readonly #pool = Buffer.alloc(POOL_BYTES)
  #used = POOL_BYTES

  override number(): number {
    return Math.random()
  }

  override id(bytes: number): string {
    if (bytes > POOL_BYTES) throw new Error(`an id of ${bytes} bytes is too long: at most ${POOL_BYTES}`)
    if (this.#used + bytes > POOL_BYTES) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    const id = base32(this.#pool.subarray(this.#used, this.#used + bytes))
    // Bytes that were handed out must not stay in memory.
    this.#pool.fill(0, this.#used, this.#used + bytes)
    this.#used += bytes
    return id
  }
}
