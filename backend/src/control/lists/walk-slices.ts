import { setImmediate as nextTurn } from 'node:timers/promises'

/** A longer slice would delay the messages that wait for the walk. */
const SLICE_MS = 2
/** Reading the clock costs as much as testing a few rows. */
const ROWS_PER_LOOK = 64

/** Cuts a long walk into slices of 2 ms, with a turn of the event loop between them. */
export class WalkSlices {
  #looked = 0
  #endMs = performance.now() + SLICE_MS

  /** Whether the slice is used up; asked once for each row. */
  isDue(): boolean {
    this.#looked += 1
    return this.#looked % ROWS_PER_LOOK === 0 && performance.now() > this.#endMs
  }

  async pause(): Promise<void> {
    await nextTurn()
    this.#endMs = performance.now() + SLICE_MS
  }
}
