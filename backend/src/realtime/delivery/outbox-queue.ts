import type { DropCause } from '@gatehouse/protocol'
import type { RoomLedger } from '../books/room-ledger.js'
import { gapMark, type SharedParcel } from '../encoding/shared-parcel.js'

const NO_SLOTS: (SharedParcel | null)[] = []
const NONE: ReadonlySet<SharedParcel> = new Set<SharedParcel>()

/**
 * The parcels of one outbox, oldest first: `inflight` of them at the socket, the others `waiting`. A growable ring that
 * takes no memory until first used.
 */
export class OutboxQueue {
  inflight = 0
  waiting = 0
  #slots = NO_SLOTS
  #head = 0

  get length(): number {
    return this.inflight + this.waiting
  }

  push(parcel: SharedParcel): void {
    if (this.inflight + this.waiting === this.#slots.length) this.#grow()
    this.#slots[this.#place(this.inflight + this.waiting)] = parcel
    this.waiting += 1
  }

  /** The oldest that carries anything, or null. */
  oldest(): SharedParcel | null {
    return this.#first(0)
  }

  /** The first waiting parcel that carries anything and is not in `except`, or null. */
  firstWaiting(except: ReadonlySet<SharedParcel>): SharedParcel | null {
    return this.#first(this.inflight, except)
  }

  /** The last waiting parcel of each room that drops but announces no gaps: no later one will replace it. */
  newestValues(): ReadonlySet<SharedParcel> {
    let newest: Map<RoomLedger, SharedParcel> | null = null
    for (let i = this.inflight; i < this.length; i += 1) {
      const parcel = this.#at(i)
      const { ledger } = parcel
      if (ledger === null || ledger.announcesGaps || ledger.policy === 'disconnect') continue
      ;(newest ??= new Map()).set(ledger, parcel)
    }
    return newest === null ? NONE : new Set(newest.values())
  }

  /** The first waiting parcel. */
  next(): SharedParcel {
    return this.#at(this.inflight)
  }

  replaceNext(parcel: SharedParcel): void {
    this.#slots[this.#place(this.inflight)] = parcel
  }

  /** The first waiting parcel goes to the socket. */
  startNext(): SharedParcel {
    const parcel = this.#at(this.inflight)
    this.inflight += 1
    this.waiting -= 1
    return parcel
  }

  /** The oldest write at the socket is done. */
  finishOldest(): SharedParcel {
    if (this.inflight === 0)
      throw new Error('a write that was not under way called back: each write must call back once')
    const parcel = this.#at(0)
    this.#slots[this.#head] = null
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.inflight -= 1
    return parcel
  }

  each(visit: (parcel: SharedParcel) => void): void {
    for (let i = 0; i < this.length; i += 1) visit(this.#at(i))
  }

  /**
   * Drops, oldest first, all waiting parcels that `mayGo`; `drop` counts one and returns the cause. In rooms that
   * announce gaps a mark takes the place of dropped deliveries; neighbours in the room's order share one.
   */
  drop(mayGo: (parcel: SharedParcel) => boolean, drop: (parcel: SharedParcel) => DropCause): void {
    const end = this.length
    let kept = this.inflight
    let marks: SharedParcel[] | null = null
    for (let i = this.inflight; i < end; i += 1) {
      const parcel = this.#at(i)
      let keeps: SharedParcel | null = parcel
      if (parcel.gap !== null) (marks ??= []).push(parcel)
      else if (mayGo(parcel)) keeps = markOf(parcel, drop(parcel), (marks ??= []))
      // A reply may quote an offset or end a membership: no mark before it may cover what comes after it.
      else if (parcel.ledger === null) marks = null
      if (keeps !== null) {
        this.#slots[this.#place(kept)] = keeps
        kept += 1
      }
    }
    for (let i = kept; i < end; i += 1) this.#slots[this.#place(i)] = null
    this.waiting = kept - this.inflight
  }

  /** Takes everything that waits, except gap marks, which carry nothing. */
  takeWaiting(take: (parcel: SharedParcel) => void): void {
    const end = this.length
    for (let i = this.inflight; i < end; i += 1) {
      const parcel = this.#at(i)
      this.#slots[this.#place(i)] = null
      if (parcel.gap === null) take(parcel)
    }
    this.waiting = 0
  }

  takeAll(take: (parcel: SharedParcel) => void): void {
    this.each((parcel) => {
      if (parcel.gap === null) take(parcel)
    })
    this.inflight = 0
    this.waiting = 0
    this.rest()
  }

  /** Gives the ring's memory back; only while empty. */
  rest(): void {
    this.#slots = NO_SLOTS
    this.#head = 0
  }

  #first(from: number, except = NONE): SharedParcel | null {
    for (let i = from; i < this.length; i += 1) {
      const parcel = this.#at(i)
      if (parcel.gap === null && !except.has(parcel)) return parcel
    }
    return null
  }

  #at(i: number): SharedParcel {
    return this.#slots[(this.#head + i) & (this.#slots.length - 1)] as SharedParcel
  }

  #place(i: number): number {
    return (this.#head + i) & (this.#slots.length - 1)
  }

  #grow(): void {
    const old = this.#slots
    const count = old.length
    // Each connection's first parcel comes here; a literal is made much faster than a list of some length.
    const slots: (SharedParcel | null)[] =
      count === 0 ? [null, null, null, null] : Array.from({ length: count * 2 }, () => null)
    for (let i = 0; i < count; i += 1) slots[i] = old[(this.#head + i) & (count - 1)] as SharedParcel
    this.#slots = slots
    this.#head = 0
  }
}

/** Adds a dropped parcel to the mark it continues, or returns a new mark for its place; null: nothing goes there. */
function markOf(parcel: SharedParcel, cause: DropCause, marks: SharedParcel[]): SharedParcel | null {
  const { stream, ledger } = parcel
  if (stream === null || ledger === null || !ledger.announcesGaps) return null
  for (const { gap } of marks) {
    if (gap !== null && gap.room === stream.room && gap.epoch === stream.epoch && gap.to + 1 === stream.from) {
      gap.to = stream.to
      gap.count += parcel.deliveries
      return null
    }
  }
  const mark = gapMark(
    { room: stream.room, epoch: stream.epoch, from: stream.from, to: stream.to, count: parcel.deliveries, cause },
    parcel.atMs,
  )
  marks.push(mark)
  return mark
}
