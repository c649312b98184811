import type { HistoryOk, JoinOk, Position, PresenceOk } from '@gatehouse/protocol'
import { Acks } from './acks.js'
import type { Connection } from './connection.js'
import type { HistoryQuery, JoinOptions, PublishOptions, RoomHandlers, RoomMessage } from './options.js'
import type { RoomReader } from './room-reader.js'
import type { ReadMessage } from './room-stream.js'

export interface RoomOptions {
  /** Messages that wait for a slow `for await` loop before the oldest are dropped; 1,000 by default. */
  readonly buffer?: number
  /**
   * Sends receipts for what was read, at most one a second: in a loop when it asks for the next message, else when
   * `onMessage` has returned. Only in rooms with receipts.
   */
  readonly autoAck?: boolean
}

export interface History<T> extends Omit<HistoryOk, 'messages'> {
  readonly messages: readonly RoomMessage<T>[]
}

/**
 * One room of a connection, with the payload type that the application gives it. A handle, not a membership: many may
 * name the same room.
 */
export class Room<T = unknown> implements AsyncIterable<ReadMessage<T>> {
  readonly #acks: Acks | undefined

  constructor(
    readonly name: string,
    private readonly connection: Connection,
    private readonly reader: RoomReader,
    private readonly options: RoomOptions,
  ) {
    if (options.autoAck === true) this.#acks = new Acks(reader.clock, (offset, epoch) => this.ack(offset, epoch))
  }

  /** How far the room was read. `join` takes it as `since`, even in another page or process. */
  get position(): Position | undefined {
    return this.reader.position(this.name)
  }
  get isJoined(): boolean {
    return this.reader.isMember(this.name)
  }

  /** Becomes a member and stays one until `leave`; rejects when the server refuses. */
  join(options: JoinOptions = {}): Promise<JoinOk> {
    return this.connection.join(this.name, undefined, options)
  }

  leave(): Promise<void> {
    return this.connection.leave(this.name)
  }

  /** Calls `handlers` until the returned function is called: joined or not, and also if the server joined the room. */
  listen(handlers: RoomHandlers<T>): () => void {
    return this.reader.listen(this.name, handlers, this.#acks)
  }

  /**
   * The room's messages as they come, for `for await`. Joins the room if nothing else has, and in that case leaves it
   * when the loop ends. Ends with `leave` and `close`; throws when the membership ends in any other way.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReadMessage<T>, undefined> {
    return this.reader.read<T>(this.name, this.options.buffer ?? 1000, this.#acks)
  }

  /** Sends again by itself, with the same key, until the outcome is known or 30 s are over; not with `retry: false`. */
  publish(data: T, options: PublishOptions = {}): Promise<{ readonly offset: number }> {
    return this.connection.publish(this.name, data, { retry: true, ...options })
  }

  history(query: HistoryQuery = {}): Promise<History<T>> {
    return this.connection.history(this.name, query) as Promise<History<T>>
  }

  presence(): Promise<PresenceOk> {
    return this.connection.presence(this.name)
  }

  /** A receipt: everything up to this offset, of the epoch read last unless another is named, has been dealt with. */
  ack(offset: number, epoch?: string): Promise<void> {
    return this.connection.ack(this.name, offset, epoch)
  }
}
