import type { CloseEvidence, CloseReason, RefusalEvidence, RefusalReason } from '@gatehouse/protocol'

export interface TimelineRecord {
  readonly at: number
  readonly kind: string
  readonly detail: string | null
}

/** All that is known of a connection at its end; sentence and cure follow from reason and evidence. */
export interface CloseRecordDraft {
  readonly id: string
  readonly reason: CloseReason
  readonly code: number | null
  readonly evidence: CloseEvidence
  readonly user: string | null
  readonly session: string | null
  /** As RECORD_IP allows. */
  readonly address: string | null
  readonly client: { readonly name: string; readonly version?: string } | null
  readonly connectedAt: number
  readonly closedAt: number
  readonly clean: boolean
  readonly rooms: readonly string[]
  readonly messagesIn: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly deliveries: {
    readonly enqueued: number
    readonly written: number
    readonly dropped: number
    readonly discarded: number
  }
  readonly pendingBytes: number
  readonly lastRttMs: number | null
  readonly timeline: readonly TimelineRecord[]
  readonly count: number
}

export interface RefusalDraft {
  readonly id: string
  readonly at: number
  readonly reason: RefusalReason
  readonly status: number | null
  readonly evidence: RefusalEvidence
  readonly address: string | null
  /** Prefix the suppression counts by: /24 of IPv4, /48 of IPv6. */
  readonly addressPrefix: string | null
  readonly origin: string | null
  readonly userAgent: string | null
  readonly user: string | null
}

/** Takes each record when it is made; must neither throw nor wait. */
export abstract class RecordSink {
  abstract closed(record: CloseRecordDraft): void
  abstract refused(refusal: RefusalDraft): void
  /** A connection took a session over: fills `reconnectedAs` of the older one's record. */
  abstract reconnected(previous: string, next: string): void
}
