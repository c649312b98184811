/** More errors a second than this mean that something retries without waiting in between. */
const MOST_PER_SECOND = 50
/** At most this many errors a second are passed on. */
const TOLD_PER_SECOND = 5

/** Tells occasional errors apart from a loop that fails as fast as it can. */
export class ErrorBurst {
  readonly #nowMs: () => number
  #windowStartMs = 0
  #count = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Counts an error. Returns whether to report it, and whether this is a loop. */
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
