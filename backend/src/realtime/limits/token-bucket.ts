/** A rate with a burst. Starts full. */
export class TokenBucket {
  #tokens: number
  #atMs: number

  constructor(burst: number, nowMs: number) {
    this.#tokens = burst
    this.#atMs = nowMs
  }

  /** Takes `cost`. Answers 0 when there was room, else the milliseconds until there is; then nothing was taken. */
  take(cost: number, rate: number, burst: number, nowMs: number): number {
    this.#tokens = refilled(this.#tokens, nowMs - this.#atMs, rate, burst)
    this.#atMs = nowMs
    if (this.#tokens >= cost) {
      this.#tokens -= cost
      return 0
    }
    return Math.max(1, Math.ceil(((cost - this.#tokens) / rate) * 1000))
  }

  isFull(rate: number, burst: number, nowMs: number): boolean {
    this.#tokens = refilled(this.#tokens, nowMs - this.#atMs, rate, burst)
    this.#atMs = nowMs
    return this.#tokens >= burst
  }
}

function refilled(tokens: number, elapsedMs: number, rate: number, burst: number): number {
  return Math.min(burst, tokens + (elapsedMs * rate) / 1000)
}
