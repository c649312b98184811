import {
  Bus,
  type BusMessage,
  type PublishOutcome,
  type StreamMessage,
  type StreamPosition,
} from '../../realtime/ports/bus.js'
import type { Cancel } from '../../realtime/ports/clock.js'
import type { BusFaults } from './bus-faults.js'
import type { MemoryStreams } from './memory-streams.js'
import { PublishKeys } from './publish-keys.js'

const EXPIRY_MS = 5_000

/** The bus of a single node. With `faults` calls complete late, out of order across rooms, or fail. */
export class MemoryBus extends Bus {
  readonly #keys = new PublishKeys()
  readonly #stopExpiry: Cancel
  #receive: (room: string, message: StreamMessage) => void = () => {}

  constructor(
    private readonly streams: MemoryStreams,
    private readonly faults: BusFaults | null = null,
  ) {
    super()
    this.#stopExpiry = streams.clock.every(EXPIRY_MS, () => this.#keys.expire(streams.clock.nowMs()))
  }

  override publish(room: string, message: BusMessage, done: (outcome: PublishOutcome) => void): void {
    if (this.faults === null) {
      done(this.#append(room, message))
      return
    }
    const fault = this.faults.publishFault()
    if (fault === 'unavailable') {
      this.#complete(room, () => done({ ok: false, error: 'unavailable' }))
      return
    }
    const outcome = this.#append(room, message)
    this.#complete(room, () => done(fault === null ? outcome : { ok: false, error: fault }))
  }

  override subscribe(room: string, done: (position: StreamPosition | null) => void): void {
    if (this.faults?.failsSubscribe() === true) {
      this.#complete(room, () => done(null))
      return
    }
    const stream = this.streams.obtain(room)
    stream.isSubscribed = true
    stream.subscription += 1
    const position = { epoch: stream.epoch, offset: stream.offset }
    this.#complete(room, () => done(position))
  }

  override unsubscribe(room: string): void {
    const stream = this.streams.find(room)
    if (stream === undefined) return
    stream.isSubscribed = false
    stream.usedAtMs = this.streams.clock.nowMs()
  }

  override clear(room: string, done: (position: StreamPosition | null) => void = () => {}): void {
    const { epoch, offset } = this.streams.clear(room)
    this.#complete(room, () => done({ epoch, offset }))
  }

  override onMessage(receive: (room: string, message: StreamMessage) => void): void {
    this.#receive = receive
  }

  override close(): Promise<void> {
    this.#stopExpiry()
    this.streams.close()
    return Promise.resolve()
  }

  #append(room: string, message: BusMessage): PublishOutcome {
    const nowMs = this.streams.clock.nowMs()
    if (message.key !== undefined) {
      const used = this.#keys.find(room, message, nowMs)
      if (used === 'conflict') return { ok: false, error: 'key_conflict' }
      if (used !== undefined) return { ok: true, epoch: used.epoch, offset: used.offset, duplicate: true }
    }
    const { stream, message: numbered } = this.streams.append(room, message)
    const { epoch, offset } = numbered
    if (message.key !== undefined) this.#keys.add(room, message, { epoch, offset }, nowMs)
    if (stream.isSubscribed && this.faults === null) this.#receive(room, numbered)
    else if (stream.isSubscribed) {
      const { subscription } = stream
      this.#complete(room, () => {
        if (stream.isSubscribed && stream.subscription === subscription) this.#receive(room, numbered)
      })
    }
    return { ok: true, epoch, offset, duplicate: false }
  }

  #complete(room: string, task: () => void): void {
    if (this.faults === null) task()
    else this.faults.complete(room, task)
  }
}
