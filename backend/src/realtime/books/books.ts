import {
  closeReasonNames,
  dropCauses,
  recoveryResults,
  refusalReasonNames,
  replyErrorCodes,
  type CloseReason,
  type DropCause,
  type RecoveryResult,
  type RefusalReason,
  type ReplyErrorCode,
} from '@gatehouse/protocol'
import type { Books as BooksSnapshot } from '@gatehouse/protocol/rest'
import { Histogram } from './histogram.js'
import { TypeBooks } from './type-books.js'

export type { BooksSnapshot }

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>
}

/**
 * Every counter of one hub since it started. Each changes in the turn in which what it counts happens, so every
 * snapshot balances: attempts = opened + refused, opened = open + closed, enqueued = written + dropped + discarded +
 * queued.
 */
export class Books {
  attempts = 0
  opened = 0
  open = 0
  closed = 0
  refused = 0
  readonly refusedByReason = zeros<RefusalReason>(refusalReasonNames)
  readonly closedByReason = zeros<CloseReason>(closeReasonNames)

  enqueuedDeliveries = 0
  writtenDeliveries = 0
  droppedDeliveries = 0
  discardedDeliveries = 0
  queuedDeliveries = 0
  readonly droppedByCause = zeros<DropCause>(dropCauses)

  enqueuedBytes = 0
  writtenBytes = 0
  droppedBytes = 0
  discardedBytes = 0
  queuedBytes = 0

  messagesIn = 0
  published = 0
  bytesIn = 0
  /** Same as written bytes: what went to clients. */
  get bytesOut(): number {
    return this.writtenBytes
  }

  /** How much of messagesIn, bytesIn, written deliveries and written bytes was binary. */
  readonly binary = { messagesIn: 0, bytesIn: 0, deliveriesOut: 0, bytesOut: 0 }

  /** Requests that did not get past the HTTP parser; counted by the edge. */
  badRequests = 0
  /** Records lost on their way to the store; counted by the store. */
  recordsDropped = 0

  joins = 0
  leaves = 0
  rateLimited = 0
  pauses = 0
  /** Overdue pongs that were not judged because our own loop lagged. */
  verdictsSuspended = 0
  /** Joins with `since` by result, and the messages they brought. */
  readonly recoveries = zeros<RecoveryResult>(recoveryResults)
  recoveredMessages = 0
  /** Receipts that confirmed more of a room than the user had before. */
  receipts = 0
  readonly errorsByCode = zeros<ReplyErrorCode>(replyErrorCodes)
  readonly #types = new Map<string, TypeBooks>()
  /** From the room's flush to the write callback, sampled, milliseconds. */
  readonly deliveryMs = new Histogram()
  /** From ping to pong, milliseconds. */
  readonly rttMs = new Histogram()

  /** What the rooms of a type did not deliver; the type is named by its pattern. */
  ofType(pattern: string): TypeBooks {
    let books = this.#types.get(pattern)
    if (books === undefined) {
      books = new TypeBooks(pattern)
      this.#types.set(pattern, books)
    }
    return books
  }

  get byType(): Iterable<TypeBooks> {
    return this.#types.values()
  }

  /** An opening request became a connection. */
  countOpened(): void {
    this.attempts += 1
    this.opened += 1
    this.open += 1
  }

  countClosed(reason: CloseReason): void {
    this.open -= 1
    this.closed += 1
    this.closedByReason[reason] += 1
  }

  /** An opening request with Upgrade was turned away. */
  countRefused(reason: RefusalReason): void {
    this.attempts += 1
    this.refused += 1
    this.refusedByReason[reason] += 1
  }

  /** All counters of one turn. */
  snapshot(): BooksSnapshot {
    return {
      attempts: this.attempts,
      opened: this.opened,
      refused: this.refused,
      refusedByReason: { ...this.refusedByReason },
      open: this.open,
      closed: this.closed,
      closedByReason: { ...this.closedByReason },
      deliveries: {
        enqueued: this.enqueuedDeliveries,
        written: this.writtenDeliveries,
        dropped: this.droppedDeliveries,
        droppedByCause: { ...this.droppedByCause },
        discarded: this.discardedDeliveries,
        queued: this.queuedDeliveries,
      },
      bytes: {
        enqueued: this.enqueuedBytes,
        written: this.writtenBytes,
        dropped: this.droppedBytes,
        discarded: this.discardedBytes,
        queued: this.queuedBytes,
      },
      messagesIn: this.messagesIn,
      published: this.published,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      badRequests: this.badRequests,
      recordsDropped: this.recordsDropped,
    }
  }
}
