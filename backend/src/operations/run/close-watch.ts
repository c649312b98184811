import { RecordSink, type CloseRecordDraft, type RefusalDraft } from '../../realtime/ports/record-sink.js'

/** Passes the hub's records on to where they are kept, and tells whoever follows the ends of connections. */
export class CloseWatch extends RecordSink {
  readonly #sink: RecordSink
  readonly #listeners = new Set<(record: CloseRecordDraft) => void>()

  constructor(sink: RecordSink) {
    super()
    this.#sink = sink
  }

  /** `listener` hears of each end in the turn it happens and must not throw; answers how to stop. */
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
