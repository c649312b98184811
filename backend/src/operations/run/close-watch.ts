import { RecordSink, type CloseRecordDraft, type RefusalDraft } from '../../realtime/ports/record-sink.js'

/** Passes the hub's records on to their sink, and tells listeners of the end of each connection. */
export class CloseWatch extends RecordSink {
  readonly #sink: RecordSink
  readonly #listeners = new Set<(record: CloseRecordDraft) => void>()

  constructor(sink: RecordSink) {
    super()
    this.#sink = sink
  }

  /** Calls `listener` for each end in the turn it happens; it must not throw. Returns a function that removes it. */
  onClosed(listener: (record: CloseRecordDraft) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  closed(record: CloseRecordDraft): void {
    this.#sink.closed(record)
    for (const listener of this.#listeners) listener(record)
  }

  refused(refusal: RefusalDraft): void {
    this.#sink.refused(refusal)
  }

  reconnected(previous: string, next: string): void {
    this.#sink.reconnected(previous, next)
  }
}
