import { limits, type Position } from '@gatehouse/protocol'
import type { BusMessage, StreamMessage } from '../ports/bus.js'
import type { TestHub } from './test-hub.js'
import { tap } from './tap.js'

/** What a kept message costs beside its payload, as docs and limits count it. */
const ENTRY_BYTES = 160

/** One message as it was numbered. */
export interface Numbered {
  readonly epoch: string
  readonly offset: number
  readonly data: string
  readonly from: string
  readonly atMs: number
  /** Its place among all that happened in the story. */
  readonly tick: number
}

/** The state of a room at one moment, by which a recovery that was decided then is judged. */
export interface Moment {
  /** The epoch that was being numbered, and its newest offset. */
  readonly epoch: string | undefined
  readonly top: number
  /** The newest offset of the epoch that the client asked for. */
  readonly askedTop: number
  /** Monotonic milliseconds. */
  readonly nowMs: number
}

interface RoomTruth {
  readonly epochs: string[]
  readonly messages: Map<string, Numbered[]>
}

/** What has really been numbered, recorded below all that could lose or change it, and what must hold of it. */
export class Truth {
  /** The first complaint. */
  complaint: string | undefined
  /** Counts everything that happens, so that two events can be put in order. */
  tick = 0
  numbered = 0
  /** Publishes that the bus acknowledged, and those that it numbered without saying so. */
  acked = 0
  untold = 0
  readonly #rooms = new Map<string, RoomTruth>()
  /** Until when each key answers with the place it was first given. */
  readonly #keys = new Map<string, number>()
  readonly #offered = new Set<string>()

  constructor(private readonly t: TestHub) {
    tap(t.streams, 'obtain', (obtain) => (room) => {
      const stream = obtain(room)
      this.#saw(room, stream.epoch)
      return stream
    })
    tap(t.streams, 'append', (append) => (room, message) => {
      const result = append(room, message)
      this.#append(room, message, result.message)
      return result
    })
    tap(t.streams, 'clear', (clear) => (room) => {
      const before = t.streams.find(room)?.epoch
      const stream = clear(room)
      if (stream.epoch === before) this.complain(`D9: ${room} was cleared and kept its epoch`)
      this.#saw(room, stream.epoch)
      return stream
    })
    tap(t.bus, 'publish', (publish) => (room, message, done) => {
      const before = this.numbered
      let isNumbered = false
      let isAcked: boolean | undefined
      // An instant bus completes before `publish` returns.
      const settle = (): void => {
        if (isAcked === true) this.acked += 1
        else if (isAcked === false && isNumbered) this.untold += 1
      }
      let isBack = false
      publish(room, message, (outcome) => {
        isAcked = outcome.ok && !outcome.duplicate
        if (isBack) settle()
        done(outcome)
      })
      isNumbered = this.numbered > before
      isBack = true
      if (isAcked !== undefined) settle()
    })
  }

  complain(what: string): void {
    this.complaint ??= what
  }

  /** A client is about to publish this payload: nothing else may ever be numbered. */
  offer(data: string): void {
    this.#offered.add(data)
  }

  find(room: string, epoch: string, offset: number): Numbered | undefined {
    return this.#rooms.get(room)?.messages.get(epoch)?.[offset - 1]
  }

  /** How many messages the epoch has. */
  top(room: string, epoch: string): number {
    return this.#rooms.get(room)?.messages.get(epoch)?.length ?? 0
  }

  /** The order of a room's epochs; -1 for one it never had. */
  orderOf(room: string, epoch: string): number {
    return this.#rooms.get(room)?.epochs.indexOf(epoch) ?? -1
  }

  /** Whether nothing was numbered after this place. */
  isEnd(room: string, place: Position): boolean {
    const { epoch, top } = this.moment(room)
    return epoch === undefined ? place.offset === 0 : this.between(room, place, { epoch, offset: top }) === 0
  }

  /** Whether a message with this payload has this offset, in whatever epoch. */
  hasAt(room: string, offset: number, data: string): boolean {
    for (const messages of this.#rooms.get(room)?.messages.values() ?? [])
      if (messages[offset - 1]?.data === data) return true
    return false
  }

  moment(room: string, asked?: string): Moment {
    const epoch = this.#rooms.get(room)?.epochs.at(-1)
    const topOf = (name: string | undefined): number => (name === undefined ? 0 : this.top(room, name))
    return { epoch, top: topOf(epoch), askedTop: topOf(asked), nowMs: this.t.clock.nowMs() }
  }

  /** Messages after `from` up to `to`, over epochs too; negative where `to` does not come after `from`. */
  between(room: string, from: Position, to: Position): number {
    const [first, last] = [this.orderOf(room, from.epoch), this.orderOf(room, to.epoch)]
    if (first === last) return to.offset - from.offset
    if (first > last) return -1
    const epochs = this.#rooms.get(room)?.epochs.slice(first, last) ?? []
    return epochs.reduce((sum, epoch) => sum + this.top(room, epoch), to.offset - from.offset)
  }

  /** What the messages after `since` up to `to` take in a history. */
  bytesBetween(room: string, since: Position, to: number): number {
    const messages = this.#rooms.get(room)?.messages.get(since.epoch)?.slice(since.offset, to) ?? []
    return messages.reduce((sum, { data }) => sum + Buffer.byteLength(data) + ENTRY_BYTES, 0)
  }

  #saw(room: string, epoch: string): void {
    const known = this.#rooms.get(room)
    if (known === undefined) this.#rooms.set(room, { epochs: [epoch], messages: new Map() })
    else if (known.epochs.at(-1) !== epoch) {
      if (known.epochs.includes(epoch)) this.complain(`D9: an epoch of ${room} is back`)
      known.epochs.push(epoch)
    }
  }

  #append(room: string, { key, scope }: BusMessage, { epoch, offset, data, from }: StreamMessage): void {
    this.#saw(room, epoch)
    this.tick += 1
    this.numbered += 1
    const nowMs = this.t.clock.nowMs()
    const { messages } = this.#rooms.get(room) as RoomTruth
    let list = messages.get(epoch)
    if (list === undefined) messages.set(epoch, (list = []))
    if (offset !== list.length + 1) this.complain(`D9: offset ${offset} of ${room} was given after ${list.length}`)
    if (!this.#offered.has(data)) this.complain(`D8: ${room} numbered a payload that nobody sent`)
    list.push({ epoch, offset, data, from: JSON.stringify(from), atMs: nowMs, tick: this.tick })
    if (key === undefined) return
    const name = `${room}\n${scope ?? ''}\n${key}`
    if ((this.#keys.get(name) ?? -Infinity) > nowMs) this.complain(`D7: the key ${key} was numbered twice`)
    this.#keys.set(name, nowMs + limits.keyLifetimeMs)
  }
}
