import type { Clock } from './clock.js'
import { RequestError } from './request-error.js'

/** How long offsets are gathered before the newest is sent, milliseconds: each receipt counts as a frame. */
const GATHER_MS = 1000

/** Sends receipts for what was read; the newest stands for all before it. */
export class Acks {
  #newest: { readonly offset: number; readonly epoch: string | undefined } = { offset: 0, epoch: undefined }
  #isPlanned = false
  #isOff = false

  constructor(
    private readonly clock: Clock,
    private readonly send: (offset: number, epoch: string | undefined) => Promise<unknown>,
  ) {}

  /** Read up to here, in this epoch: the room may be in another by the time the receipt is sent. */
  read(offset: number, epoch: string | undefined): void {
    this.#newest = { offset, epoch }
    if (this.#isPlanned || this.#isOff) return
    this.#isPlanned = true
    this.clock.after(GATHER_MS, () => void this.#send())
  }

  async #send(): Promise<void> {
    this.#isPlanned = false
    try {
      await this.send(this.#newest.offset, this.#newest.epoch)
    } catch (error) {
      // The next receipt, or the `since` of a rejoin, replaces a lost one. A room without receipts never accepts any.
      if (error instanceof RequestError && error.code === 'not_available') this.#isOff = true
    }
  }
}
