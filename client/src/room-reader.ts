import { replyErrorCodes, type Position, type ReplyErrorCode } from '@gatehouse/protocol'
import type { Acks } from './acks.js'
import type { Clock } from './clock.js'
import type { Memberships } from './memberships.js'
import type { RoomHandlers, RoomMessage } from './options.js'
import { RequestError } from './request-error.js'
import { RoomStream } from './room-stream.js'

/** Reads rooms for the holders of `Room` handles, and ends their loops when the membership ends. */
export class RoomReader {
  readonly #streams = new Map<{ end(error?: RequestError): void }, string>()

  constructor(
    readonly clock: Clock,
    private readonly memberships: Memberships,
    private readonly isClosed: () => boolean,
    /** Joins a room that is wanted, once the connection is open. */
    private readonly enter: (room: string) => Promise<unknown>,
    private readonly leave: (room: string) => Promise<void>,
  ) {}

  position(room: string): Position | undefined {
    return this.memberships.position(room)
  }

  isMember(room: string): boolean {
    return this.memberships.isMember(room)
  }

  /** `acks` are sent for what was listened to, while no loop reads the room. */
  listen(room: string, handlers: RoomHandlers, acks: Acks | undefined): () => void {
    const stop = this.memberships.audience.add(room, handlers)
    if (acks === undefined) return stop
    const stopAcks = this.memberships.audience.add(room, {
      onMessage: ({ offset, epoch }) => {
        if (![...this.#streams.values()].includes(room)) acks.read(offset, epoch)
      },
    })
    return () => {
      stop()
      stopAcks()
    }
  }

  read<T>(room: string, capacity: number, acks: Acks | undefined): RoomStream<T> {
    const isNew = !this.memberships.has(room)
    const wanted = this.memberships.want(room, undefined)
    wanted.readers += 1
    const stream = new RoomStream<T>(
      capacity,
      ({ offset, epoch }) => acks?.read(offset, epoch),
      () => {
        stopListening()
        this.#streams.delete(stream)
        wanted.readers -= 1
        if (this.memberships.isUnread(room, wanted)) this.leave(room).catch(() => {})
      },
    )
    const stopListening = this.memberships.audience.add(room, {
      onMessage: (message) => stream.push(message as RoomMessage<T>),
      onGap: (gap) => stream.gap(gap),
      onLeft: (reason) => stream.end(leftError(room, reason)),
    })
    this.#streams.set(stream, room)
    if (isNew) {
      this.enter(room).catch((error: RequestError) => {
        // A connection that comes back joins its rooms again; one that does not has already ended the loop.
        if (error.code !== 'disconnected' || this.isClosed()) stream.end(error)
      })
    }
    return stream
  }

  /** Ends the loops over one room, or all of them. */
  end(error: RequestError | undefined, only?: string): void {
    for (const [stream, room] of this.#streams) if (only === undefined || only === room) stream.end(error)
  }
}

function leftError(room: string, reason: string): RequestError {
  const isCode = (replyErrorCodes as readonly string[]).includes(reason)
  return new RequestError(isCode ? (reason as ReplyErrorCode) : 'not_member', `no longer in ${room}: ${reason}`)
}
