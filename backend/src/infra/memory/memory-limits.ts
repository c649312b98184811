import type { Clock } from '../../realtime/ports/clock.js'
import { SharedLimits } from '../../realtime/ports/shared-limits.js'
import { TokenBucket } from '../../realtime/limits/token-bucket.js'

const EXPIRY_MS = 5_000
/** Beyond this the oldest buckets are dropped, full or not: a flood of addresses must not fill the memory. */
const MOST_BUCKETS = 200_000

interface Kept {
  readonly bucket: TokenBucket
  rate: number
  burst: number
}

/** Shared rates of a single node: of users and addresses, over all its connections. */
export class MemoryLimits extends SharedLimits {
  readonly #buckets = new Map<string, Kept>()

  constructor(private readonly clock: Clock) {
    super()
    clock.every(EXPIRY_MS, () => this.#expire())
  }

  get count(): number {
    return this.#buckets.size
  }

  override take(key: string, cost: number, rate: number, burst: number): number {
    const nowMs = this.clock.nowMs()
    let kept = this.#buckets.get(key)
    if (kept === undefined) {
      kept = { bucket: new TokenBucket(burst, nowMs), rate, burst }
      this.#buckets.set(key, kept)
      if (this.#buckets.size > MOST_BUCKETS) {
        const [oldest] = this.#buckets.keys()
        if (oldest !== undefined) this.#buckets.delete(oldest)
      }
    }
    kept.rate = rate
    kept.burst = burst
    return kept.bucket.take(cost, rate, burst, nowMs)
  }

  /** Drops full buckets, which have the same effect as none. */
  #expire(): void {
    const nowMs = this.clock.nowMs()
    for (const [key, { bucket, rate, burst }] of this.#buckets) {
      if (bucket.isFull(rate, burst, nowMs)) this.#buckets.delete(key)
    }
  }
}
