import type { BurnPoint } from '@gatehouse/protocol/rest'

/** Most points a burn-down keeps; beyond them neighbours are merged. */
const MAX_BURN_POINTS = 600

/** What was left, second by second, beside what the plan said would be left. */
export class BurnDown {
  #points: BurnPoint[] = []
  /** Samples that go into one point: doubles each time the list is full. */
  #samplesPerPoint = 1
  #samplesInLast = 0

  /** Adds the sample of one second. `closes` is what was issued in it, `target` the rate aimed at. */
  add(sample: BurnPoint): void {
    const last = this.#points.at(-1)
    if (last !== undefined && this.#samplesInLast < this.#samplesPerPoint) {
      this.#points[this.#points.length - 1] = merged(last, sample)
      this.#samplesInLast++
      return
    }
    this.#points.push(sample)
    this.#samplesInLast = 1
    if (this.#points.length > MAX_BURN_POINTS) this.#thin()
  }

  get points(): readonly BurnPoint[] {
    return this.#points
  }

  get last(): BurnPoint | null {
    return this.#points.at(-1) ?? null
  }

  #thin(): void {
    const thinned: BurnPoint[] = []
    // The first point is not merged: both lines begin there.
    thinned.push(this.#points[0] as BurnPoint)
    for (let i = 1; i < this.#points.length; i += 2) {
      const second = this.#points[i + 1]
      const first = this.#points[i] as BurnPoint
      thinned.push(second === undefined ? first : merged(first, second))
    }
    this.#points = thinned
    this.#samplesPerPoint *= 2
    this.#samplesInLast = this.#samplesPerPoint
  }
}

const merged = (earlier: BurnPoint, later: BurnPoint): BurnPoint => ({
  ...later,
  closes: earlier.closes + later.closes,
})

/** What a plan leaves after `elapsedMs` of its paced part: a straight line from `initial` to zero. */
export function plannedRemaining(initial: number, rate: number, elapsedMs: number): number {
  return Math.max(0, Math.round((initial - (rate * Math.max(0, elapsedMs)) / 1000) * 10) / 10)
}
