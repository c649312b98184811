import type { Histogram } from '../../realtime/books/histogram.js'

/** Counts in buckets that only ever grow, as Prometheus wants them. Observing allocates nothing. */
export class CumulativeHistogram {
  readonly bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0
  #count = 0

  /** @param bounds upper bounds in ascending order, in the metric's unit */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  get sum(): number {
    return this.#sum
  }

  get count(): number {
    return this.#count
  }

  observe(value: number, times = 1): void {
    let bucket = 0
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] as number) + times
    this.#sum += value * times
    this.#count += times
  }

  /** How many values were at most each bound; infinity last. */
  cumulative(): number[] {
    let sum = 0
    return Array.from(this.#counts, (count) => (sum += count))
  }

  /** Adds what the core counted in milliseconds, as seconds: each of its buckets by its upper bound, right to 19 %. */
  addMilliseconds(histogram: Histogram): void {
    for (let i = 0; i < histogram.counts.length; i++) {
      const times = histogram.counts[i] as number
      if (times > 0) this.observe((SMALLEST_MS * 2 ** (i / BUCKETS_PER_DOUBLING)) / 1000, times)
    }
  }

  copy(): CumulativeHistogram {
    const copy = new CumulativeHistogram(this.bounds)
    copy.#counts.set(this.#counts)
    copy.#sum = this.#sum
    copy.#count = this.#count
    return copy
  }
}

/** The core's histogram: a quarter of a doubling a bucket, from 0.01 ms. */
const SMALLEST_MS = 0.01
const BUCKETS_PER_DOUBLING = 4
