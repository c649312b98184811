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
    this.#refill(rate, burst, nowMs)
    if (this.#tokens >= cost) {
      this.#tokens -= cost
      return 0
    }
    return Math.max(1, Math.ceil(((cost - this.#tokens) / rate) * 1000))
  }

  isFull(rate: number, burst: number, nowMs: number): boolean {
    this.#refill(rate, burst, nowMs)
    return this.#tokens >= burst
  }

  #refill(rate: number, burst: number, nowMs: number): void {
    const tokens = this.#tokens + ((nowMs - this.#atMs) * rate) / 1000
    this.#tokens = tokens > burst ? burst : tokens
    this.#atMs = nowMs
  }
}
