import type { Clock } from './clock.js'
import { RequestError } from './request-error.js'

/** How long offsets are gathered before the newest is sent, milliseconds: each receipt counts as a frame. */
const GATHER_MS = 1000

/** Sends receipts for what was read, the newest for all before it. */
export class Acks {
  #newest = 0
  #isPlanned = false
  #isOff = false

  constructor(
    private readonly clock: Clock,
    private readonly send: (offset: number) => Promise<unknown>,
  ) {}

  /** Read up to here. */
  read(offset: number): void {
    this.#newest = offset
    if (this.#isPlanned || this.#isOff) return
    this.#isPlanned = true
    this.clock.after(GATHER_MS, () => void this.#send())
  }

  async #send(): Promise<void> {
    this.#isPlanned = false
    try {
      await this.send(this.#newest)
    } catch (error) {
      // A lost one is made up for by the next, or by the `since` of a rejoin; a room without receipts never takes one.
      if (error instanceof RequestError && error.code === 'not_available') this.#isOff = true
    }
  }
}
