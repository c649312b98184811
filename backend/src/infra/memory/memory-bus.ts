import {
  Bus,
  type BusMessage,
  type PublishOutcome,
  type StreamMessage,
  type StreamPosition,
} from '../../realtime/ports/bus.js'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import { BusFaults, type FaultPlan } from './bus-faults.js'
import { PublishKeys } from './publish-keys.js'

/** A stream without subscribers keeps its place this long. */
const STREAM_KEPT_MS = 60_000
const EXPIRY_MS = 5_000
const EPOCH_BYTES = 8

interface Stream {
  epoch: string
  offset: number
  isSubscribed: boolean
  /** Counts subscriptions, so that what an old one left under way is not taken for the new one's. */
  subscription: number
  usedAtMs: number
}

/** The bus of a node that is alone. In its test mode it completes late, in another order, and with errors. */
export class MemoryBus extends Bus {
  private readonly streams = new Map<string, Stream>()
  private readonly keys = new PublishKeys()
  private readonly faults: BusFaults | null
  private readonly stopExpiry: Cancel
  private receive: (room: string, message: StreamMessage) => void = () => {}

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    faults?: FaultPlan,
  ) {
    super()
    this.faults = faults === undefined ? null : new BusFaults(faults, clock)
    this.stopExpiry = clock.every(EXPIRY_MS, () => this.expire())
  }

  override publish(room: string, message: BusMessage, done: (outcome: PublishOutcome) => void): void {
    const fault = this.faults?.publishFault() ?? null
    if (fault === 'unavailable') {
      this.complete(room, () => done({ ok: false, error: 'unavailable' }))
      return
    }
    const outcome = this.append(room, message)
    this.complete(room, () => done(fault === null ? outcome : { ok: false, error: fault }))
  }

  override subscribe(room: string, done: (position: StreamPosition | null) => void): void {
    if (this.faults?.failsSubscribe() === true) {
      this.complete(room, () => done(null))
      return
    }
    const stream = this.stream(room)
    stream.isSubscribed = true
    stream.subscription += 1
    const position = { epoch: stream.epoch, offset: stream.offset }
    this.complete(room, () => done(position))
  }

  override unsubscribe(room: string): void {
    const stream = this.streams.get(room)
    if (stream === undefined) return
    stream.isSubscribed = false
    stream.usedAtMs = this.clock.nowMs()
  }

  override clear(room: string): void {
    const stream = this.streams.get(room)
    if (stream === undefined) return
    stream.epoch = this.random.id(EPOCH_BYTES)
    stream.offset = 0
  }

  override onMessage(receive: (room: string, message: StreamMessage) => void): void {
    this.receive = receive
  }

  override close(): Promise<void> {
    this.stopExpiry()
    this.streams.clear()
    return Promise.resolve()
  }

  private append(room: string, message: BusMessage): PublishOutcome {
    const nowMs = this.clock.nowMs()
    if (message.key !== undefined) {
      const used = this.keys.find(room, message, nowMs)
      if (used === 'conflict') return { ok: false, error: 'key_conflict' }
      if (used !== undefined) return { ok: true, epoch: used.epoch, offset: used.offset, duplicate: true }
    }
    const stream = this.stream(room)
    stream.offset += 1
    stream.usedAtMs = nowMs
    const { epoch, offset, subscription } = stream
    if (message.key !== undefined) this.keys.add(room, message, stream, nowMs)
    if (stream.isSubscribed) {
      const numbered: StreamMessage = { epoch, offset, data: message.data, from: message.from }
      this.complete(room, () => {
        if (stream.isSubscribed && stream.subscription === subscription) this.receive(room, numbered)
      })
    }
    return { ok: true, epoch, offset, duplicate: false }
  }

  private complete(room: string, task: () => void): void {
    if (this.faults === null) task()
    else this.faults.complete(room, task)
  }

  private stream(room: string): Stream {
    const known = this.streams.get(room)
    const nowMs = this.clock.nowMs()
    if (known !== undefined && (known.isSubscribed || nowMs - known.usedAtMs < STREAM_KEPT_MS)) return known
    const stream = {
      epoch: this.random.id(EPOCH_BYTES),
      offset: 0,
      isSubscribed: false,
      subscription: 0,
      usedAtMs: nowMs,
    }
    this.streams.set(room, stream)
    return stream
  }

  private expire(): void {
    const nowMs = this.clock.nowMs()
    this.keys.expire(nowMs)
    for (const [room, stream] of this.streams) {
      if (!stream.isSubscribed && nowMs - stream.usedAtMs >= STREAM_KEPT_MS) this.streams.delete(room)
    }
  }
}
