import type { StreamMessage, StreamPosition } from './bus.js'

/** Which part of a stream to read. */
export interface HistoryQuery {
  /** First offset wanted, in the direction read; Infinity reads backwards from the newest. */
  readonly from: number
  /** From newer to older. */
  readonly reverse: boolean
  readonly limit: number
  /** Stops before the payloads take more; one message is always read. */
  readonly bytes: number
}

/** A part of a stream, and where the stream stood when it was read. */
export interface HistoryPage extends StreamPosition {
  /** In the direction read. */
  readonly messages: readonly StreamMessage[]
  /** Oldest offset that is kept; where nothing is, the one after the newest. */
  readonly first: number
  /** What took the messages before `first`: a limit of count, bytes or the node's budget, or their age. */
  readonly lost: 'trimmed' | 'expired'
}

/** What is kept of one room. */
export interface HistoryHeld {
  readonly messages: number
  readonly bytes: number
  /** Milliseconds since 1970 of the oldest; null where nothing is kept. */
  readonly oldestAt: number | null
}

/** Why messages left a history. */
export const trimCauses = ['count', 'bytes', 'age', 'budget'] as const
export type TrimCause = (typeof trimCauses)[number]

/** All histories in this process's memory together. */
export interface HistoryUsage {
  readonly rooms: number
  readonly messages: number
  readonly bytes: number
  /** Above it the fullest rooms are trimmed. */
  readonly budgetBytes: number
  readonly trimmed: Readonly<Record<TrimCause, number>>
}

/** The kept part of each room's stream; the bus appends to it in the step that numbers a message. */
export abstract class History {
  /** Reads a page; null when the store did not answer. Completes once, in this turn or turns later. */
  abstract read(room: string, query: HistoryQuery, done: (page: HistoryPage | null) => void): void
  /** How much is kept of a room; null when the store did not answer. */
  abstract measure(room: string, done: (held: HistoryHeld | null) => void): void
  /** What lies in this process's memory. */
  abstract usage(): HistoryUsage
}
