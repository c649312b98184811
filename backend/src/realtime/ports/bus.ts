import type { HistoryLimits } from '../room-types/room-type.js'

/** What a message carries, encoded once where it entered. */
export interface Payload {
  /** JSON text, or base64 where the payload is bytes. */
  readonly data: string
  /** The payload is bytes. */
  readonly isBytes?: true
}

/** What is appended to a room's stream. */
export interface BusMessage extends Payload {
  readonly from: { readonly user: string } | { readonly service: string } | null
  /** Publish key and the scope it is unique in (`user:alice`, `key:<id>`); both or neither. */
  readonly key?: string
  readonly scope?: string
  /** How much of the stream is kept, this message included; absent: nothing. */
  readonly keep?: HistoryLimits
}

/** A message with its place, as every subscribed node receives it, in offset order per room. */
export interface StreamMessage extends Payload {
  readonly epoch: string
  readonly offset: number
  readonly from: BusMessage['from']
}

export type PublishOutcome =
  | { readonly ok: true; readonly epoch: string; readonly offset: number; readonly duplicate: boolean }
  | { readonly ok: false; readonly error: 'key_conflict' | 'unknown_outcome' | 'unavailable' }

export interface StreamPosition {
  readonly epoch: string
  readonly offset: number
}

/**
 * Carries messages between nodes and numbers them. Every call completes by its callback exactly once, in this turn or a
 * later one, in any order across rooms; calls for one room complete in the order made.
 */
export abstract class Bus {
  /** Appends a message; subscribers receive it by `onMessage`, before or after `done`. */
  abstract publish(room: string, message: BusMessage, done: (outcome: PublishOutcome) => void): void
  /** From here on messages of the room arrive; gives the position after which they do, or null when it failed. */
  abstract subscribe(room: string, done: (position: StreamPosition | null) => void): void
  /** Ends the subscription. The stream keeps epoch and offset for 60 s without subscribers and history, then forgets them. */
  abstract unsubscribe(room: string): void
  /**
   * Starts a new epoch: what was numbered before is no longer kept and cannot be resumed. Gives the new position, after
   * the room's earlier messages and before those that follow, or null when it failed.
   */
  abstract clear(room: string, done?: (position: StreamPosition | null) => void): void
  /** Who receives the messages of subscribed rooms; set once before the first subscribe. */
  abstract onMessage(receive: (room: string, message: StreamMessage) => void): void
  abstract close(): Promise<void>
}
