/** Errors a second beyond which something repeats itself without waiting in between. */
const MOST_PER_SECOND = 50
/** Errors a second that are worth passing on. */
const TOLD_PER_SECOND = 5

/** Tells apart errors that come now and then from a loop that fails as fast as it can. */
export class ErrorBurst {
  readonly #nowMs: () => number
  #windowStartMs = 0
  #count = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Counts an error: whether it should be told, and whether this is a loop. */
  count(): { readonly isTold: boolean; readonly isLoop: boolean } {
    const now = this.#nowMs()
    if (now - this.#windowStartMs >= 1000) {
      this.#windowStartMs = now
      this.#count = 0
    }
    this.#count++
    return { isTold: this.#count <= TOLD_PER_SECOND, isLoop: this.#count > MOST_PER_SECOND }
  }
}
