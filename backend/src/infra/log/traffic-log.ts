import type { CloseRecordDraft, RefusalDraft } from '../../realtime/ports/record-sink.js'
import { RecordSink } from '../../realtime/ports/record-sink.js'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { NodeLog } from './node-log.js'

/** One summary line per interval, however many connections opened and closed. */
const SUMMARY_MS = 10_000

/**
 * Logs what happens to connections: each end at debug with its ids and reason, and a summary of counts at info. Passes
 * every record on.
 */
export class TrafficLog extends RecordSink {
  readonly #closes = new Map<string, number>()
  readonly #refusals = new Map<string, number>()
  readonly #stop: Cancel

  constructor(
    private readonly sink: RecordSink,
    private readonly log: NodeLog,
    clock: Clock,
  ) {
    super()
    this.#stop = clock.every(SUMMARY_MS, () => this.#summarize())
  }

  override closed(record: CloseRecordDraft): void {
    count(this.#closes, record.reason)
    const { id, reason, code, user, count: connections } = record
    this.log.debug(
      { connection: id, reason, code, user, connections, operation: record.evidence.operation },
      'connection closed',
    )
    this.sink.closed(record)
  }

  override refused(refusal: RefusalDraft): void {
    count(this.#refusals, refusal.reason)
    this.log.debug({ refusal: refusal.id, reason: refusal.reason, status: refusal.status }, 'opening refused')
    this.sink.refused(refusal)
  }

  override reconnected(previous: string, next: string): void {
    this.sink.reconnected(previous, next)
  }

  /** Writes the last summary. */
  stop(): void {
    this.#stop()
    this.#summarize()
  }

  #summarize(): void {
    if (this.#closes.size === 0 && this.#refusals.size === 0) return
    this.log.info(
      { closes: Object.fromEntries(this.#closes), refusals: Object.fromEntries(this.#refusals) },
      'connections ended',
    )
    this.#closes.clear()
    this.#refusals.clear()
  }
}

function count(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1)
}
