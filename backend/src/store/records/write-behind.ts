import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import { StoreUnavailable } from '../repositories/store-errors.js'

export interface WriteBehindOptions<R> {
  readonly clock: Clock
  /** Writes the rows; must tolerate rows that it has already written. */
  readonly write: (rows: readonly R[]) => Promise<void>
  readonly onWritten?: (rows: readonly R[]) => void
  /** Rows that will never be written: the queue was full or PostgreSQL refused them. */
  readonly onLost: (rows: readonly R[]) => void
  readonly mostWaiting?: number
  readonly batchRows?: number
}

const DEFAULT_MOST_WAITING = 50_000
const DEFAULT_BATCH_ROWS = 500
const MOST_IN_FLIGHT = 2
const GATHER_MS = 50
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

/** Writes rows in batches soon after they are pushed. Callers never wait, and the queue is bounded. */
export class WriteBehind<R> {
  readonly #options: WriteBehindOptions<R>
  readonly #mostWaiting: number
  readonly #batchRows: number
  #queue: R[] = []
  /** Batches that failed, which are retried first; a refused one is split into halves. */
  readonly #again: (readonly R[])[] = []
  #againRows = 0
  #inFlight = 0
  #inFlightRows = 0
  #retryMs = FIRST_RETRY_MS
  #cancelTimer: Cancel | undefined
  #emptied: (() => void)[] = []

  constructor(options: WriteBehindOptions<R>) {
    this.#options = options
    this.#mostWaiting = options.mostWaiting ?? DEFAULT_MOST_WAITING
    this.#batchRows = options.batchRows ?? DEFAULT_BATCH_ROWS
  }

  /** Rows not written yet, including those under way. */
  waiting(): number {
    return this.#queue.length + this.#againRows + this.#inFlightRows
  }

  push(row: R): void {
    this.#queue.push(row)
    if (this.waiting() > this.#mostWaiting) this.#dropOldest()
    this.#wakeIn(GATHER_MS)
  }

  /** Call this when PostgreSQL is back: retries at once instead of after the pause. */
  wake(): void {
    this.#retryMs = FIRST_RETRY_MS
    if (this.waiting() === 0) return
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#wakeIn(0)
  }

  /** Resolves when nothing waits any more, or after `ms`. */
  async drain(ms: number): Promise<void> {
    if (this.waiting() === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#emptied.push(resolve)
    const cancel = this.#options.clock.after(ms, resolve, true)
    this.wake()
    await promise
    cancel()
  }

  /** Drops up to a tenth at once: moving the whole queue for each row would be too slow. */
  #dropOldest(): void {
    const lost = this.#queue.splice(0, Math.max(1, Math.min(this.#batchRows, Math.floor(this.#mostWaiting / 10))))
    this.#options.onLost(lost)
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer ??= this.#options.clock.after(ms, () => {
      this.#cancelTimer = undefined
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#inFlight < MOST_IN_FLIGHT) {
      const batch = this.#nextBatch()
      if (batch === undefined) break
      this.#inFlight++
      this.#inFlightRows += batch.length
      void this.#send(batch)
    }
    if (this.waiting() === 0) for (const done of this.#emptied.splice(0)) done()
  }

  #nextBatch(): readonly R[] | undefined {
    const failed = this.#again.shift()
    if (failed !== undefined) {
      this.#againRows -= failed.length
      return failed
    }
    if (this.#queue.length === 0) return undefined
    const batch = this.#queue.slice(0, this.#batchRows)
    this.#queue = this.#queue.slice(batch.length)
    return batch
  }

  async #send(batch: readonly R[]): Promise<void> {
    let pauseMs = 0
    try {
      await this.#options.write(batch)
      this.#retryMs = FIRST_RETRY_MS
      this.#options.onWritten?.(batch)
    } catch (error) {
      pauseMs = this.#failed(batch, error)
    }
    this.#inFlight--
    this.#inFlightRows -= batch.length
    if (pauseMs > 0) this.#wakeIn(pauseMs)
    else this.#pump()
  }

  /** Returns how long to wait before the next try. */
  #failed(batch: readonly R[], error: unknown): number {
    if (error instanceof StoreUnavailable) {
      this.#putBack(batch)
      const pauseMs = this.#retryMs
      this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2)
      return pauseMs
    }
    // Halving finds the row that PostgreSQL refuses, so that it does not block the others.
    if (batch.length === 1) this.#options.onLost(batch)
    else {
      const middle = batch.length >> 1
      this.#putBack(batch.slice(middle))
      this.#putBack(batch.slice(0, middle))
    }
    return 0
  }

  #putBack(batch: readonly R[]): void {
    this.#again.unshift(batch)
    this.#againRows += batch.length
  }
}
