import type { Histogram } from '../../realtime/books/histogram.js'

/** A histogram with cumulative counts, as Prometheus expects. Observing allocates nothing. */
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

  /** The number of values up to each bound; the last bound is infinity. */
  cumulative(): number[] {
    let sum = 0
    return Array.from(this.#counts, (count) => (sum += count))
  }

  /** Adds a histogram of the core, from milliseconds to seconds: each bucket by its upper bound, accurate to 19 %. */
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

/** The core's histogram begins at 0.01 ms and has four buckets per doubling. */
const SMALLEST_MS = 0.01
const BUCKETS_PER_DOUBLING = 4
