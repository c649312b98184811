import type { PublishData, ReplyError } from '@gatehouse/protocol'
import { BUS_RETRY_MS, failed } from '../replies/answer.js'
import type { Books } from '../books/books.js'
import type { Connection } from '../connections/connection.js'
import type { Grant } from '../rights/grant.js'
import type { Grants } from '../rights/grants.js'
import type { Bus, BusMessage, Payload, PublishOutcome } from '../ports/bus.js'
import type { Replier } from '../connections/replier.js'
import type { Room } from './room.js'
import type { RoomDirectory } from './room-directory.js'
import { refusals } from '../rights/refusals.js'
import type { Clock } from '../ports/clock.js'
import type { RoomStates } from '../ports/room-state.js'
import { payloadFaultInWords, payloadFaultOf } from '../room-types/payload-fault.js'

/** A publish that did not come from a client socket. */
export interface ServerMessage extends Payload {
  readonly key?: string
  /** What the key is unique in (`key:<id>`). */
  readonly scope: string
  /** What `from` shows. */
  readonly service: string
}

export type ServerPublishOutcome =
  | (PublishOutcome & { readonly members: number })
  | { readonly ok: false; readonly error: 'unknown_room' | 'room_closed'; readonly members: number }

const busErrors: Readonly<Record<Extract<PublishOutcome, { ok: false }>['error'], ReplyError>> = {
  key_conflict: { code: 'key_conflict', message: 'this key was used with other data' },
  unknown_outcome: {
    code: 'unknown_outcome',
    message: 'the message may or may not have been taken: send it again with the same key',
    retryAfterMs: BUS_RETRY_MS,
  },
  unavailable: { code: 'unavailable', message: 'the message was not taken', retryAfterMs: BUS_RETRY_MS },
}

export interface PublisherParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly roomStates: RoomStates
  readonly books: Books
  readonly grants: Grants
  readonly rooms: RoomDirectory
  readonly replier: Replier
  /** Most bytes a payload may take as JSON text, or as base64 where it is bytes. */
  readonly maxPayloadBytes: number
}

/** Publishes messages to rooms. All checks are synchronous; only the bus may complete later. */
export class Publisher {
  readonly #parts: PublisherParts

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  /**
   * Publishes for a client and answers it, after its message was sent out to the room. Does not charge the rate: call
   * `Limiter.take` first.
   *
   * @param grant the connection's grant in the room, where the caller has it
   */
  publish(c: Connection, data: PublishData, id: number | undefined, grant?: Grant): void {
    if (c.closing !== null) return
    const { bus, replier, maxPayloadBytes } = this.#parts
    const room = this.#roomFor(c, data.room, grant)
    if (!('name' in room)) {
      replier.fail(c, id, room)
      return
    }
    const unfit = payloadFaultOf(room.type, data)
    if (unfit !== undefined) {
      const message = `the payload does not fit${payloadFaultInWords(unfit)}`
      replier.decline(c, id, { code: 'bad_request', message })
      return
    }
    const payload = payloadOf(data)
    // A few bytes of a binary encoding can be many as text, and the room's JSON members would have to take those.
    if (isTooLarge(payload, maxPayloadBytes)) {
      replier.fail(c, id, { code: 'too_large', message: `a payload may take at most ${maxPayloadBytes} bytes as JSON` })
      return
    }
    bus.publish(room.name, entry(room, payload, senderOf(c), data.key, c.identity.userKey), (outcome) =>
      this.#answer(c, id, room, outcome),
    )
  }

  publishFromServer(name: string, message: ServerMessage, done: (outcome: ServerPublishOutcome) => void): void {
    const { bus, roomStates, rooms } = this.#parts
    const members = rooms.rooms.get(name)?.memberCount ?? 0
    if (roomStates.closed(name) !== undefined) {
      done({ ok: false, error: 'room_closed', members })
      return
    }
    const room = rooms.obtain(name)
    if (room.error !== undefined) {
      done({ ok: false, error: room.error.code === 'unknown_room' ? 'unknown_room' : 'unavailable', members })
      return
    }
    const from = { service: message.service }
    bus.publish(name, entry(room.ok, message, from, message.key, message.scope), (outcome) => {
      this.#note(room.ok, outcome)
      done({ ...outcome, members: room.ok.memberCount })
    })
  }

  #answer(c: Connection, id: number | undefined, room: Room, outcome: PublishOutcome): void {
    const { clock, replier } = this.#parts
    this.#note(room, outcome)
    if (!outcome.ok) {
      replier.fail(c, id, busErrors[outcome.error])
      return
    }
    if (id === undefined) return
    const { epoch, offset, duplicate } = outcome
    if (room.memberCount === 0 && !room.hasWork) replier.replyOffset(c, id, offset)
    else {
      const send = (): void => replier.replyOffset(c, id, offset)
      room.replyAfterFlush({ epoch, offset, isDuplicate: duplicate, atMs: clock.nowMs(), send })
    }
  }

  #note(room: Room, outcome: PublishOutcome): void {
    if (!outcome.ok) return
    if (!outcome.duplicate) this.#parts.books.published += 1
    room.published(outcome)
  }

  #roomFor(c: Connection, name: string, grant: Grant | undefined): Room | ReplyError {
    const { clock, grants, roomStates, rooms } = this.#parts
    const refusal = grants.refusal(c, name, 'publish', grant)
    if (refusal !== undefined) return refusal
    if (roomStates.closed(name) !== undefined) return refusals.roomClosed
    const room = rooms.obtain(name)
    if (room.error !== undefined) return room.error
    const waitMs = room.ok.takePublish(clock.nowMs())
    return waitMs === 0 ? room.ok : failed('rate_limited', 'the room takes no more messages this second', waitMs).error
  }
}

function isTooLarge({ data, isBytes }: Payload, mostBytes: number): boolean {
  if (isBytes === true) return data.length > Math.ceil(mostBytes / 3) * 4
  return data.length > mostBytes || (data.length * 3 > mostBytes && Buffer.byteLength(data) > mostBytes)
}

function payloadOf({ data, data64 }: PublishData): Payload {
  if (data64 !== undefined) return { data: data64, isBytes: true }
  if (!(data instanceof Uint8Array)) return { data: JSON.stringify(data) ?? 'null' }
  return { data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'), isBytes: true }
}

function entry(
  room: Room,
  { data, isBytes }: Payload,
  from: BusMessage['from'],
  key: string | undefined,
  scope: string,
): BusMessage {
  const message: { -readonly [K in keyof BusMessage]: BusMessage[K] } = { data, from }
  if (isBytes) message.isBytes = true
  if (key !== undefined) {
    message.key = key
    message.scope = scope
  }
  if (room.type.history !== null) message.keep = room.type.history
  return message
}

function senderOf({ user, token }: Connection): BusMessage['from'] {
  if (token?.service !== undefined) return { service: token.service }
  return user === null ? null : { user }
}
