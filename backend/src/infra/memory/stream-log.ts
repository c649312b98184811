import type { StreamMessage } from '../../realtime/ports/bus.js'
import type { HistoryQuery, TrimCause } from '../../realtime/ports/history.js'
import type { HistoryLimits } from '../../realtime/room-types/room-type.js'

/** The memory that a kept message takes besides its payload: entry, offset, epoch and publisher. */
const ENTRY_BYTES = 160
/** Removed entries are cut off the array once there are this many. */
const COMPACT_AT = 64

interface Entry {
  readonly message: StreamMessage
  readonly bytes: number
  /** On the monotonic clock; `wallMs` is milliseconds since 1970. */
  readonly atMs: number
  readonly wallMs: number
}

/** Totals over all logs of a node. */
export class LogTotals {
  messages = 0
  bytes = 0
  readonly trimmed: Record<TrimCause, number> = { count: 0, bytes: 0, age: 0, budget: 0 }
}

/** The newest messages of one stream, oldest first, without gaps in the offsets. */
export class StreamLog {
  bytes = 0
  /** Why the newest of the removed messages was removed. */
  lost: 'trimmed' | 'expired' = 'trimmed'
  #ageMs = 0
  #entries: Entry[] = []
  #head = 0

  constructor(private readonly totals: LogTotals) {}

  get count(): number {
    return this.#entries.length - this.#head
  }

  /** Oldest offset kept, or undefined. */
  get first(): number | undefined {
    return this.#entries[this.#head]?.message.offset
  }

  /** Milliseconds since 1970. */
  get oldestAt(): number | null {
    return this.#entries[this.#head]?.wallMs ?? null
  }

  append(message: StreamMessage, keep: HistoryLimits, nowMs: number, wallMs: number): void {
    const bytes = Buffer.byteLength(message.data) + ENTRY_BYTES
    this.#entries.push({ message, bytes, atMs: nowMs, wallMs })
    this.#ageMs = keep.ageMs
    this.bytes += bytes
    this.totals.messages += 1
    this.totals.bytes += bytes
    this.expire(nowMs)
    while (this.count > keep.count) this.#drop('count')
    while (this.bytes > keep.bytes && this.count > 0) this.#drop('bytes')
  }

  /** Drops messages that are too old. */
  expire(nowMs: number): void {
    for (let oldest = this.#entries[this.#head]; oldest !== undefined; oldest = this.#entries[this.#head]) {
      if (nowMs - oldest.atMs < this.#ageMs) return
      this.#drop('age')
    }
  }

  /** Drops the oldest messages until at most `bytes` are kept. */
  shed(bytes: number): void {
    while (this.bytes > bytes) this.#drop('budget')
  }

  clear(): void {
    this.totals.messages -= this.count
    this.totals.bytes -= this.bytes
    this.#entries = []
    this.#head = 0
    this.bytes = 0
    this.lost = 'trimmed'
  }

  read({ from, reverse, limit, bytes }: HistoryQuery): StreamMessage[] {
    const { first } = this
    if (first === undefined) return []
    const last = first + this.count - 1
    const step = reverse ? -1 : 1
    const found: StreamMessage[] = []
    let size = 0
    for (let at = reverse ? Math.min(from, last) : Math.max(from, first); at >= first && at <= last; at += step) {
      const entry = this.#entries[this.#head + at - first]
      if (entry === undefined || found.length >= limit) break
      size += entry.bytes
      if (size > bytes && found.length > 0) break
      found.push(entry.message)
    }
    return found
  }

  #drop(cause: TrimCause): void {
    const oldest = this.#entries[this.#head]
    if (oldest === undefined) return
    this.#entries[this.#head] = undefined as unknown as Entry
    this.#head += 1
    this.bytes -= oldest.bytes
    this.totals.messages -= 1
    this.totals.bytes -= oldest.bytes
    this.totals.trimmed[cause] += 1
    this.lost = cause === 'age' ? 'expired' : 'trimmed'
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }
}
