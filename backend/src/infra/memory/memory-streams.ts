import type { BusMessage, StreamMessage } from '../../realtime/ports/bus.js'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { HistoryUsage } from '../../realtime/ports/history.js'
import type { Random } from '../../realtime/ports/random.js'
import { LogTotals, StreamLog } from './stream-log.js'

/** How long a stream without subscribers and history is kept after its last use. */
const STREAM_KEPT_MS = 60_000
const EXPIRY_MS = 5_000
const EPOCH_BYTES = 8
/** Over the budget, histories are trimmed to this share of it, so that the next message does not trim again. */
const BUDGET_SHARE = 0.9
/** The default budget for all histories together. */
const DEFAULT_HISTORY_BYTES = 268_435_456

/** One room's numbering and its kept messages. */
export interface Stream {
  epoch: string
  offset: number
  isSubscribed: boolean
  /** Counts subscriptions, so that deliveries of an earlier one are not mistaken for the present one's. */
  subscription: number
  usedAtMs: number
  log: StreamLog | null
}

/** The streams of a single node, shared by its bus and its history. */
export class MemoryStreams {
  readonly #streams = new Map<string, Stream>()
  readonly #totals = new LogTotals()
  readonly #stopExpiry: Cancel
  /** Streams with a log. */
  #logs = 0

  constructor(
    readonly clock: Clock,
    private readonly random: Random,
    /** For all histories together, in bytes. */
    private readonly budgetBytes = DEFAULT_HISTORY_BYTES,
  ) {
    this.#stopExpiry = clock.every(EXPIRY_MS, () => this.#expire())
  }

  get count(): number {
    return this.#streams.size
  }

  find(room: string): Stream | undefined {
    return this.#streams.get(room)
  }

  /** The room's stream; a new one with a new epoch if there is none or the old one has expired. */
  obtain(room: string): Stream {
    const known = this.#streams.get(room)
    const nowMs = this.clock.nowMs()
    if (known !== undefined && !this.#isOver(known, nowMs)) return known
    if (known !== undefined) this.#forget(room, known)
    const stream: Stream = {
      epoch: this.random.id(EPOCH_BYTES),
      offset: 0,
      isSubscribed: false,
      subscription: 0,
      usedAtMs: nowMs,
      log: null,
    }
    this.#streams.set(room, stream)
    return stream
  }

  /** Numbers a message and keeps it if the room's type says so. */
  append(
    room: string,
    { data, isBytes, from, keep }: BusMessage,
  ): { readonly stream: Stream; readonly message: StreamMessage } {
    const stream = this.obtain(room)
    stream.offset += 1
    stream.usedAtMs = this.clock.nowMs()
    const { epoch, offset } = stream
    const message: StreamMessage = isBytes ? { epoch, offset, data, from, isBytes } : { epoch, offset, data, from }
    if (keep !== undefined) {
      if (stream.log === null) {
        stream.log = new StreamLog(this.#totals)
        this.#logs += 1
      }
      stream.log.append(message, keep, stream.usedAtMs, this.clock.wallMs())
      if (this.#totals.bytes > this.budgetBytes) this.#shed()
    }
    return { stream, message }
  }

  /** Begins a new epoch and drops all kept messages. */
  clear(room: string): Stream {
    const stream = this.obtain(room)
    stream.epoch = this.random.id(EPOCH_BYTES)
    stream.offset = 0
    stream.log?.clear()
    return stream
  }

  usage(): HistoryUsage {
    const { messages, bytes, trimmed } = this.#totals
    return { rooms: this.#logs, messages, bytes, budgetBytes: this.budgetBytes, trimmed: { ...trimmed } }
  }

  close(): void {
    this.#stopExpiry()
    for (const [room, stream] of this.#streams) this.#forget(room, stream)
  }

  #isOver({ isSubscribed, usedAtMs, log }: Stream, nowMs: number): boolean {
    if (isSubscribed || nowMs - usedAtMs < STREAM_KEPT_MS) return false
    log?.expire(nowMs)
    return log === null || log.count === 0
  }

  #forget(room: string, { log }: Stream): void {
    log?.clear()
    if (log !== null) this.#logs -= 1
    this.#streams.delete(room)
  }

  /** Halves the fullest histories, dropping older messages, until the node is well within its budget. */
  #shed(): void {
    const target = this.budgetBytes * BUDGET_SHARE
    const logs = [...this.#streams.values()].flatMap(({ log }) => (log === null ? [] : [log]))
    while (this.#totals.bytes > target) {
      logs.sort((a, b) => b.bytes - a.bytes)
      // All logs over half of the fullest are cut in one round, so that few rounds of sorting are needed.
      const half = (logs[0]?.bytes ?? 0) / 2
      for (const log of logs) {
        if (log.bytes <= half || this.#totals.bytes <= target) break
        log.shed(Math.floor(half))
      }
    }
  }

  #expire(): void {
    const nowMs = this.clock.nowMs()
    for (const [room, stream] of this.#streams) {
      stream.log?.expire(nowMs)
      if (this.#isOver(stream, nowMs)) this.#forget(room, stream)
    }
  }
}
