import type { Books, StatsPoint } from '@gatehouse/protocol/rest'
import type { Cancel, Clock } from '../realtime/ports/clock.js'
import { statsPoint } from './stats-point.js'

/** Where a sample comes from; all three are asked in one turn. */
export interface StatsSources {
  books(): Books
  levels(): StatsPoint['levels']
  /** What was observed since the last call; each call starts over. */
  quantiles(): StatsPoint['quantiles']
}

/** Often enough that a second is seen soon after it ended. */
const LOOK_MS = 100
/** A longer pause (a suspended machine) was not measured: it is left as a gap. */
const LONGEST_SECONDS = 60

/** Measures once a second, on the second. */
export class StatsSampler {
  readonly #clock: Clock
  readonly #sources: StatsSources
  readonly #listeners = new Set<(point: StatsPoint, books: Books) => void>()
  #before: Books
  #second: number
  #stopTimer: Cancel | undefined

  constructor(clock: Clock, sources: StatsSources) {
    this.#clock = clock
    this.#sources = sources
    this.#before = sources.books()
    this.#second = this.#thisSecond()
  }

  /** Called with each point and the books at its end; must not throw. */
  onPoint(listener: (point: StatsPoint, books: Books) => void): void {
    this.#listeners.add(listener)
  }

  start(): void {
    this.#stopTimer ??= this.#clock.every(LOOK_MS, () => {
      this.#look()
    })
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  #look(): void {
    const second = this.#thisSecond()
    const seconds = second - this.#second
    if (seconds === 0) return
    const began = this.#second
    this.#second = second
    // The clock was set back: what happened meanwhile is counted with the second to come.
    if (seconds < 0) return
    const interval =
      seconds > LONGEST_SECONDS ? { at: (second - 1) * 1_000, seconds: 1 } : { at: began * 1_000, seconds }
    const books = this.#sources.books()
    const point = statsPoint(interval, this.#before, books, this.#sources.levels(), this.#sources.quantiles())
    this.#before = books
    for (const listener of this.#listeners) listener(point, books)
  }

  #thisSecond(): number {
    return Math.floor(this.#clock.wallMs() / 1_000)
  }
}
