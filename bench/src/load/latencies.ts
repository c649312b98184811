/** Quantiles of a set of latencies, milliseconds. */
export interface Quantiles {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly samples: number
}

/** Keeps at most `capacity` samples, chosen evenly from all that were added (reservoir sampling). */
export class Latencies {
  readonly #kept: number[] = []
  readonly #capacity: number
  #seen = 0

  constructor(capacity = 50_000) {
    this.#capacity = capacity
  }

  add(ms: number): void {
    this.#seen += 1
    if (this.#kept.length < this.#capacity) {
      this.#kept.push(ms)
      return
    }
    const at = Math.floor(Math.random() * this.#seen)
    if (at < this.#capacity) this.#kept[at] = ms
  }

  get quantiles(): Quantiles {
    const sorted = this.#kept.toSorted((a, b) => a - b)
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), samples: this.#seen }
  }
}
