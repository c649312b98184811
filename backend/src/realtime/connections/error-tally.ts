import type { ReplyErrorCode } from '@gatehouse/protocol'

const MINUTE_MS = 60_000
/** An `error` push goes out at most this often for one connection. */
const ERROR_PUSH_MS = 1_000

/** Errors without a reply of their own, told together. */
export interface UntoldErrors {
  readonly code: ReplyErrorCode
  readonly message: string
  readonly count: number
}

/** The wrong frames of one connection, and its errors not yet told. Only the replier changes it. */
export class ErrorTally {
  /** Wrong frames in the minute that began with the first of them. */
  faults = 0
  #windowStartMs = 0
  #pushedAtMs = -Infinity
  #untold: UntoldErrors | null = null

  /** Counts a wrong frame. Returns how many came in this minute. */
  countFault(nowMs: number): number {
    if (nowMs - this.#windowStartMs >= MINUTE_MS) {
      this.#windowStartMs = nowMs
      this.faults = 0
    }
    this.faults += 1
    return this.faults
  }

  /** Adds an error without a reply of its own; the push tells the newest one and the count. */
  add(code: ReplyErrorCode, message: string): void {
    this.#untold = { code, message, count: (this.#untold?.count ?? 0) + 1 }
  }

  /** What is to be pushed now; null where nothing is, or the last push is too recent. */
  take(nowMs: number): UntoldErrors | null {
    const untold = this.#untold
    if (untold === null || nowMs - this.#pushedAtMs < ERROR_PUSH_MS) return null
    this.#pushedAtMs = nowMs
    this.#untold = null
    return untold
  }
}
