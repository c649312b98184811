import type { DropCause } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { Clock } from '../ports/clock.js'
import type { SharedParcel } from '../encoding/shared-parcel.js'

/** One write callback in this many deliveries is timed. */
const SAMPLED = 64

/**
 * Counts what happened to one connection's deliveries and bytes, at once for the connection, its rooms and the node:
 * enqueued = written + dropped + discarded + queued.
 */
export abstract class DeliveryAccount {
  enqueuedDeliveries = 0
  writtenDeliveries = 0
  droppedDeliveries = 0
  discardedDeliveries = 0
  queuedDeliveries = 0
  enqueuedBytes = 0
  writtenBytes = 0
  droppedBytes = 0
  discardedBytes = 0
  /** Discarded deliveries by room; null until there were some. */
  #lost: Map<string, number> | null = null

  constructor(
    private readonly books: Books,
    /** Whether its frames are binary. */
    readonly isBinary: boolean,
  ) {}

  /** The rooms that lost most with this connection, and how many deliveries each. */
  lostByRoom(most: number): { readonly room: string; readonly deliveries: number }[] {
    return [...(this.#lost ?? [])]
      .map(([room, deliveries]) => ({ room, deliveries }))
      .toSorted((a, b) => b.deliveries - a.deliveries)
      .slice(0, most)
  }

  protected countEnqueued(parcel: SharedParcel, bytes: number): void {
    const deliveries = parcel.deliveries
    const { books } = this
    this.enqueuedBytes += bytes
    books.enqueuedBytes += bytes
    if (deliveries !== 0) {
      this.enqueuedDeliveries += deliveries
      this.queuedDeliveries += deliveries
      books.enqueuedDeliveries += deliveries
      books.queuedDeliveries += deliveries
      const ledger = parcel.ledger
      if (ledger !== null) {
        ledger.enqueued += deliveries
        ledger.queued += deliveries
      }
    }
    books.queuedBytes += bytes
  }

  /** Enqueued and written in one step: the sums of `countEnqueued` and `countWritten`. */
  protected countPassed(parcel: SharedParcel, bytes: number, clock: Clock): void {
    const { books } = this
    const { deliveries, ledger } = parcel
    this.enqueuedBytes += bytes
    this.writtenBytes += bytes
    books.enqueuedBytes += bytes
    books.writtenBytes += bytes
    if (this.isBinary) {
      books.binary.bytesOut += bytes
      books.binary.deliveriesOut += deliveries
    }
    if (deliveries === 0) return
    this.enqueuedDeliveries += deliveries
    this.writtenDeliveries += deliveries
    books.enqueuedDeliveries += deliveries
    books.writtenDeliveries += deliveries
    if (ledger !== null) {
      ledger.enqueued += deliveries
      ledger.written += deliveries
    }
    this.#sample(parcel, clock)
  }

  protected countWritten(parcel: SharedParcel, bytes: number, clock: Clock): void {
    const { books } = this
    const deliveries = parcel.deliveries
    this.writtenBytes += bytes
    books.writtenBytes += bytes
    books.queuedBytes -= bytes
    if (this.isBinary) {
      books.binary.bytesOut += bytes
      books.binary.deliveriesOut += deliveries
    }
    if (deliveries === 0) return
    this.writtenDeliveries += deliveries
    this.queuedDeliveries -= deliveries
    books.writtenDeliveries += deliveries
    books.queuedDeliveries -= deliveries
    if (parcel.ledger !== null) {
      parcel.ledger.written += deliveries
      parcel.ledger.queued -= deliveries
    }
    this.#sample(parcel, clock)
  }

  #sample({ deliveries, atMs }: SharedParcel, clock: Clock): void {
    const { books } = this
    if ((books.writtenDeliveries & (SAMPLED - 1)) < deliveries) books.deliveryMs.observe(clock.nowMs() - atMs)
  }

  protected countDropped(parcel: SharedParcel, cause: DropCause): void {
    const { books } = this
    const { deliveries, ledger } = parcel
    const bytes = parcel.wire.length
    this.droppedBytes += bytes
    this.droppedDeliveries += deliveries
    this.queuedDeliveries -= deliveries
    books.droppedBytes += bytes
    books.queuedBytes -= bytes
    books.droppedDeliveries += deliveries
    books.queuedDeliveries -= deliveries
    books.droppedByCause[cause] += deliveries
    ledger?.countDropped(deliveries, cause)
  }

  protected countDiscarded(parcel: SharedParcel): void {
    const { books } = this
    const { deliveries, ledger } = parcel
    const bytes = parcel.wire.length
    this.discardedBytes += bytes
    this.discardedDeliveries += deliveries
    this.queuedDeliveries -= deliveries
    books.discardedBytes += bytes
    books.queuedBytes -= bytes
    books.discardedDeliveries += deliveries
    books.queuedDeliveries -= deliveries
    if (ledger === null) return
    ledger.countDiscarded(deliveries)
    this.#lost ??= new Map()
    this.#lost.set(ledger.room, (this.#lost.get(ledger.room) ?? 0) + deliveries)
  }
}
