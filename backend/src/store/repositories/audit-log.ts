import type { AuditCheck, AuditRow, Page } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

export type ActorKind = 'operator' | 'key' | 'system' | 'anonymous'

/** What is logged about an action, done or denied. Never a secret, a token or a payload. */
export interface AuditEntry {
  readonly actor: string
  readonly actorKind: ActorKind
  /** A verb in the past tense: `connection.disconnected`. */
  readonly action: string
  readonly target: string | null
  readonly outcome: AuditRow['outcome']
  readonly address: string | null
  readonly requestId: string | null
  /** Before, after, note and counts, if they exist; plain JSON. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface AuditReceipt {
  /** False: the entry waits in the local file and follows when PostgreSQL is back. */
  readonly audited: boolean
}

/** The hash-chained log of every action. Rows are only added, never changed. */
export abstract class AuditLog {
  /** Adds an entry after all that were appended before. Never rejects and takes at most about 2 s. */
  abstract append(entry: AuditEntry): Promise<AuditReceipt>
  /** Filter fields `actor action outcome target since before`, sort `seq`, newest first. */
  abstract list(request: ListRequest): Promise<Page<AuditRow>>
  /** Checks the whole chain in pages and says where it first breaks. */
  abstract verify(): Promise<AuditCheck>
  /** Entries in the local file that wait for PostgreSQL. */
  abstract waiting(): number
  /** Entries lost since the start, for example because the local file was full; a row `audit.lost` reports them. */
  abstract lost(): number
}
