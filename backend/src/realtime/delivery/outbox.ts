import type { DropCause } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import { DeliveryAccount } from './delivery-account.js'
import type { Encoding } from '../encoding/encoding.js'
import type { Clock } from '../ports/clock.js'
import type { Socket } from '../ports/socket.js'
import { OutboxQueue } from './outbox-queue.js'
import type { SharedParcel } from '../encoding/shared-parcel.js'

/** While the socket holds less, parcels go straight to it; beyond it they wait where they can still be dropped. */
const WRITE_THROUGH_BYTES = 65_536

/** Above the soft limit each parcel pays for a look at this many waiting ones, so that not each walks a long queue. */
const LOOKS_PER_PARCEL = 64

/** The owner of an outbox. */
export interface OutboxOwner {
  readonly encoding: Encoding
}

/** Told of an outbox's trouble; one for all connections of a hub. Called amid other work: note and return. */
export abstract class OutboxWatch<C extends OutboxOwner> {
  /** More waits than the hard limit allows, and no more of it may be dropped. */
  abstract over(owner: C): void
  /** The soft limit was crossed, upwards or (at half) downwards. */
  abstract slow(owner: C, isSlow: boolean): void
  /** All was written after `tellWhenDrained`. */
  abstract drained(owner: C): void
}

/** What all outboxes of a hub share. */
export interface OutboxSurroundings<C extends OutboxOwner> {
  readonly books: Books
  readonly clock: Clock
  readonly watch: OutboxWatch<C>
  /** Bytes; see HubSettings. */
  readonly softBytes: number
  readonly hardBytes: number
}

/**
 * What waits for one connection: our queue plus what its socket holds. In deliveries and in bytes, enqueued = written +
 * dropped + discarded + queued at every moment.
 */
export class Outbox<C extends OutboxOwner = OutboxOwner> extends DeliveryAccount {
  /** Code of the system error a write failed with; null also if the socket had merely closed before it. */
  writeError: string | null = null
  isSlow = false

  readonly #queue = new OutboxQueue()
  #inflightBytes = 0
  #waitingBytes = 0
  #progressMs = 0
  /** Parcels since the queue was last searched for what may be dropped. */
  #unlooked = 0
  #isOver = false
  #isBroken = false
  #isSealed = false
  #isClosed = false
  #isDraining = false
  #tellsWhenDrained = false
  #onWritten: ((error?: Error) => void) | null = null

  constructor(
    private readonly owner: C,
    private readonly socket: Socket,
    private readonly around: OutboxSurroundings<C>,
  ) {
    super(around.books, owner.encoding.isBinary)
  }

  /** Bytes waiting: our queue plus what the socket holds. */
  get queuedBytes(): number {
    return this.#inflightBytes + this.#waitingBytes
  }

  /** How long the oldest parcel has waited, milliseconds; 0 when none waits. */
  oldestAgeMs(nowMs: number): number {
    const oldest = this.#queue.oldest()
    return oldest === null ? 0 : nowMs - oldest.atMs
  }

  /** How long the socket has held what it holds without finishing a write, milliseconds. */
  stalledMs(nowMs: number): number {
    const oldest = this.#queue.inflight === 0 ? null : this.#queue.oldest()
    return oldest === null ? 0 : nowMs - Math.max(oldest.atMs, this.#progressMs)
  }

  /**
   * How long the first parcel that waits for the socket has waited, milliseconds; 0 when none does. The newest value of
   * a room does not count: it is never too old.
   */
  oldestWaitingMs(nowMs: number): number {
    const first = this.#queue.firstWaiting(this.#queue.newestValues())
    return first === null ? 0 : nowMs - first.atMs
  }

  enqueue(parcel: SharedParcel): void {
    const bytes = parcel.wire.length
    if (this.#isSealed) {
      this.countEnqueued(parcel, bytes)
      this.countDiscarded(parcel)
      return
    }
    if (this.#queue.waiting === 0 && this.#inflightBytes < WRITE_THROUGH_BYTES) {
      this.#onWritten ??= (error) => this.#written(error)
      // By far the most frequent case, once for each member of a room: it never enters the queue.
      if (this.socket.write(parcel, this.#onWritten)) this.countPassed(parcel, bytes, this.around.clock)
      else {
        this.countEnqueued(parcel, bytes)
        this.#queue.push(parcel)
        this.#queue.startNext()
        this.#inflightBytes += bytes
      }
      return
    }
    this.countEnqueued(parcel, bytes)
    this.#queue.push(parcel)
    this.#waitingBytes += bytes
    if (this.#inflightBytes + this.#waitingBytes > this.around.softBytes) this.#press(parcel)
  }

  /** Drops waiting parcels that may be dropped, and returns how many bytes went. */
  shed(cause: DropCause, downToBytes = 0): number {
    const before = this.#waitingBytes
    this.#drop(cause, downToBytes, (parcel) => parcel.ledger !== null && parcel.ledger.policy !== 'disconnect')
    return before - this.#waitingBytes
  }

  /** Drops waiting parcels that may be dropped and were made before `atMs`. */
  dropBefore(atMs: number): void {
    if (this.#queue.waiting === 0) return
    this.#drop(
      null,
      0,
      (parcel) => parcel.atMs < atMs && parcel.ledger !== null && parcel.ledger.policy !== 'disconnect',
    )
  }

  /** Takes nothing more: what is enqueued from now on is discarded. */
  seal(): void {
    this.#isSealed = true
  }

  /** Tells the watch once all is written; at once when nothing waits. */
  tellWhenDrained(): void {
    this.#tellsWhenDrained = true
    this.#noteDrained()
  }

  /** Hands all that waits to the socket, however much it already holds. */
  hurry(): void {
    while (this.#queue.waiting > 0 && !this.#isClosed && !this.#isBroken) this.#writeNext()
  }

  /** Gives up what was not yet handed to the socket. */
  discardWaiting(): void {
    this.#queue.takeWaiting((parcel) => this.countDiscarded(parcel))
    this.#waitingBytes = 0
  }

  /** The socket is gone: what waits, and each incomplete write as a whole, is discarded. */
  close(): void {
    if (this.#isClosed) return
    this.#isSealed = true
    this.#isClosed = true
    this.#queue.takeAll((parcel) => this.countDiscarded(parcel))
    this.#inflightBytes = 0
    this.#waitingBytes = 0
    this.#onWritten = null
  }

  /** Gives back memory that an idle connection does not need. */
  rest(): void {
    if (this.#queue.length > 0) return
    this.#queue.rest()
    this.#onWritten = null
  }

  /** The room most of the waiting bytes belong to, or undefined. Walks the queue: for closes only. */
  heaviestRoom(): string | undefined {
    const bytes = new Map<string, number>()
    this.#queue.each((parcel) => {
      const room = parcel.ledger?.room
      if (room !== undefined) bytes.set(room, (bytes.get(room) ?? 0) + parcel.wire.length)
    })
    let heaviest: string | undefined
    for (const [room, count] of bytes) if (count > (bytes.get(heaviest ?? '') ?? 0)) heaviest = room
    return heaviest
  }

  /** The first waiting parcel goes to the socket; a gap mark becomes its push first. */
  #writeNext(): void {
    const next = this.#queue.next()
    if (next.gap !== null) this.#announce(next)
    const parcel = this.#queue.startNext()
    const bytes = parcel.wire.length
    this.#waitingBytes -= bytes
    this.#inflightBytes += bytes
    this.#onWritten ??= (error) => this.#written(error)
    if (this.socket.write(parcel, this.#onWritten)) this.#written()
  }

  #written(error?: Error): void {
    if (this.#isClosed) return
    const parcel = this.#queue.finishOldest()
    const bytes = parcel.wire.length
    this.#inflightBytes -= bytes
    if (error === undefined) this.countWritten(parcel, bytes, this.around.clock)
    else {
      if ('code' in error && typeof error.code === 'string') this.writeError ??= error.code
      this.#isBroken = true
      // Nothing will arrive any more: the edge is about to tell us that the socket is gone.
      this.#isSealed = true
      this.countDiscarded(parcel)
    }
    if (this.#queue.waiting > 0) {
      this.#progressMs = this.around.clock.nowMs()
      this.#drain()
    }
    if (this.isSlow && this.queuedBytes * 2 < this.around.softBytes) {
      this.isSlow = false
      this.around.watch.slow(this.owner, false)
    }
    if (this.#tellsWhenDrained) this.#noteDrained()
  }

  #drain(): void {
    if (this.#isDraining || this.#isBroken) return
    this.#isDraining = true
    while (this.#queue.waiting > 0 && this.#inflightBytes < WRITE_THROUGH_BYTES && !this.#isSealed) {
      this.#writeNext()
    }
    this.#isDraining = false
  }

  /** Replaces a gap mark by the push it stands for, which counts as enqueued from here on. */
  #announce(mark: SharedParcel): void {
    if (mark.gap === null) return
    const push = this.owner.encoding.push({ event: 'gap', ...mark.gap }, mark.atMs)
    const bytes = push.wire.length
    this.#queue.replaceNext(push)
    this.countEnqueued(push, bytes)
    this.#waitingBytes += bytes
  }

  /** Over the soft limit: the newest parcel's room type decides what is dropped; then the hard limit applies. */
  #press(parcel: SharedParcel): void {
    // The connection ends with this turn, whatever may still be dropped.
    if (this.#isOver) return
    const { softBytes, hardBytes } = this.around
    this.#unlooked += 1
    if (this.queuedBytes > hardBytes || this.#unlooked * LOOKS_PER_PARCEL >= this.#queue.waiting) this.#relieve(parcel)
    if (this.queuedBytes > hardBytes) this.shed('slow_consumer', softBytes)
    if (!this.isSlow && this.queuedBytes > softBytes) {
      this.isSlow = true
      this.around.watch.slow(this.owner, true)
    }
    if (this.queuedBytes <= hardBytes) return
    this.#isOver = true
    this.around.watch.over(this.owner)
  }

  /** Drops what may be dropped of the parcel's own room. */
  #relieve(newest: SharedParcel): void {
    const { ledger } = newest
    if (ledger === null || ledger.policy === 'disconnect') return
    this.#unlooked = 0
    if (ledger.policy === 'conflate') {
      this.#drop('conflated', 0, (waiting) => waiting.ledger === ledger && waiting !== newest)
    } else {
      this.#drop('slow_consumer', this.around.softBytes * 0.75, (waiting) => waiting.ledger === ledger)
    }
  }

  /**
   * Drops, oldest first, parcels that `mayGo` until no more than `downToBytes` waits; never the newest value of a room
   * that announces no gaps. With a null cause, the room's policy gives it.
   */
  #drop(cause: DropCause | null, downToBytes: number, mayGo: (parcel: SharedParcel) => boolean): void {
    const values = this.#queue.newestValues()
    this.#queue.drop(
      (parcel) => this.queuedBytes > downToBytes && mayGo(parcel) && !values.has(parcel),
      (parcel) => {
        const why = cause ?? (parcel.ledger?.policy === 'conflate' ? 'conflated' : 'slow_consumer')
        this.#waitingBytes -= parcel.wire.length
        this.countDropped(parcel, why)
        return why
      },
    )
  }

  #noteDrained(): void {
    if (this.#queue.length > 0 || this.#isClosed) return
    this.#tellsWhenDrained = false
    this.around.watch.drained(this.owner)
  }
}
