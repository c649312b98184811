import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import { RecordSink, type CloseRecordDraft, type RefusalDraft } from '../../realtime/ports/record-sink.js'
import { SESSION_LIFE_MS } from '../../realtime/ports/session-life.js'
import { ExpiringMap } from '../expiring-map.js'
import type { RecordBacklog } from '../repositories/record-backlog.js'
import type { StoreHealth } from '../repositories/store-health.js'
import { closeEntryOf, type CloseEntry } from './close-entry.js'
import { RecordMemory } from './record-memory.js'
import { refusalEntryOf, type RefusalEntry } from './refusal-entry.js'
import { RefusalQuota, type Admitted } from './refusal-quota.js'
import { WriteBehind } from './write-behind.js'

/** A connection that took over a session; its predecessor's record names it. */
export interface Succession {
  readonly id: string
  readonly next: string
}

/** The tables that the records are written to. Each call may be repeated with rows that it has already written. */
export interface RecordTables {
  insertCloses(entries: readonly CloseEntry[]): Promise<void>
  insertRefusals(entries: readonly RefusalEntry[]): Promise<void>
  setSuccessors(successions: readonly Succession[]): Promise<void>
}

export interface RecordBookOptions {
  readonly tables: RecordTables
  readonly clock: Clock
  readonly health: StoreHealth
  readonly nodeId: string
  /** How long a stop waits for records that are not yet written. */
  readonly drainMs: number
  /** How many of the newest of each kind stay in memory. */
  readonly ringSize?: number
  readonly mostWaiting?: number
}

const DEFAULT_RING_SIZE = 10_000

/** Takes close records and refusals, keeps the newest in memory and writes them in the background. */
export class RecordBook extends RecordSink implements RecordBacklog {
  readonly closes: RecordMemory<CloseEntry>
  readonly refusals: RecordMemory<RefusalEntry>
  readonly #clock: Clock
  readonly #nodeId: string
  readonly #drainMs: number
  readonly #quota = new RefusalQuota<RefusalEntry>()
  /** Successors of connections that are not closed yet: the newer one joins first, then the older one closes. */
  readonly #successors: ExpiringMap<string>
  readonly #closeWriter: WriteBehind<CloseEntry>
  readonly #refusalWriter: WriteBehind<RefusalEntry>
  readonly #successionWriter: WriteBehind<Succession>
  readonly #stopListening: () => void
  #stopTimer: Cancel | undefined
  #dropped = 0

  constructor(options: RecordBookOptions) {
    super()
    const { clock, tables } = options
    const ringSize = options.ringSize ?? DEFAULT_RING_SIZE
    const most = options.mostWaiting === undefined ? {} : { mostWaiting: options.mostWaiting }
    this.#clock = clock
    this.#nodeId = options.nodeId
    this.#drainMs = options.drainMs
    this.closes = new RecordMemory(ringSize)
    this.refusals = new RecordMemory(ringSize)
    this.#successors = new ExpiringMap(ringSize)
    this.#closeWriter = new WriteBehind<CloseEntry>({
      clock,
      write: (entries) => this.#writeCloses(tables, entries),
      onLost: (entries) => this.#lost(this.closes, entries),
      ...most,
    })
    this.#refusalWriter = new WriteBehind<RefusalEntry>({
      clock,
      write: (entries) => tables.insertRefusals(entries),
      onWritten: (entries) => {
        for (const entry of entries) this.refusals.settle(entry, 'written')
      },
      onLost: (entries) => this.#lost(this.refusals, entries),
      ...most,
    })
    this.#successionWriter = new WriteBehind<Succession>({
      clock,
      write: (successions) => tables.setSuccessors(successions),
      // The record itself is stored; only its link to the successor is missing.
      onLost: () => undefined,
      ...most,
    })
    this.#stopListening = options.health.onChange((state) => {
      if (state.isUp) for (const writer of this.#writers()) writer.wake()
    })
  }

  start(): void {
    this.#stopTimer ??= this.#clock.every(1_000, () => {
      for (const admitted of this.#quota.nextSecond()) this.#storeRefusal(admitted)
    })
  }

  /** Writes what waits, for at most `drainMs`. */
  async stop(): Promise<void> {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    for (const admitted of this.#quota.rest()) this.#storeRefusal(admitted)
    await Promise.all(this.#writers().map((writer) => writer.drain(this.#drainMs)))
    this.#stopListening()
  }

  override closed(record: CloseRecordDraft): void {
    const successor = this.#successors.get(record.id, this.#clock.nowMs()) ?? null
    this.#successors.delete(record.id)
    const entry = closeEntryOf(record, this.#nodeId, successor)
    this.closes.add(entry)
    this.#closeWriter.push(entry)
  }

  override refused(refusal: RefusalDraft): void {
    const entry = refusalEntryOf(refusal, this.#nodeId)
    const admitted = this.#quota.admit(entry, refusal.reason, refusal.addressPrefix)
    if (admitted === undefined) entry.state = 'unstored'
    this.refusals.add(entry)
    if (admitted !== undefined) this.#storeRefusal(admitted)
  }

  override reconnected(previous: string, next: string): void {
    const entry = this.closes.find(previous)
    if (entry === undefined) {
      // After that the session is over, so it can have no successor.
      this.#successors.set(previous, next, this.#clock.nowMs() + SESSION_LIFE_MS)
      // The record may have left memory long ago. If there is no row yet either, the update changes nothing.
      this.#successionWriter.push({ id: previous, next })
      return
    }
    entry.reconnectedAs = next
    if (entry.state === 'written') this.#successionWriter.push({ id: previous, next })
  }

  /** Close records and refusals that wait for PostgreSQL. */
  waiting(): number {
    return this.#closeWriter.waiting() + this.#refusalWriter.waiting()
  }

  /** Rows dropped since the start. */
  dropped(): number {
    return this.#dropped
  }

  async #writeCloses(tables: RecordTables, entries: readonly CloseEntry[]): Promise<void> {
    const sent = entries.map((entry) => entry.reconnectedAs)
    await tables.insertCloses(entries)
    for (const [i, entry] of entries.entries()) {
      this.closes.settle(entry, 'written')
      // The successor was reported while the row was being written.
      if (entry.reconnectedAs !== null && entry.reconnectedAs !== sent[i])
        this.#successionWriter.push({ id: entry.id, next: entry.reconnectedAs })
    }
  }

  #storeRefusal({ entry, suppressed }: Admitted<RefusalEntry>): void {
    entry.state = 'waiting'
    entry.suppressed = suppressed
    this.#refusalWriter.push(entry)
  }

  #lost<E extends CloseEntry | RefusalEntry>(memory: RecordMemory<E>, entries: readonly E[]): void {
    this.#dropped += entries.length
    for (const entry of entries) memory.settle(entry, 'unstored')
  }

  #writers(): readonly { wake(): void; drain(ms: number): Promise<void> }[] {
    return [this.#closeWriter, this.#refusalWriter, this.#successionWriter]
  }
}
