import { createHash } from 'node:crypto'
import type { AuditEntry } from '../repositories/audit-log.js'
import { canonicalJson } from './canonical-json.js'

/** An entry with its time and an id, which shows if it is written twice. */
export interface StampedEntry extends AuditEntry {
  readonly entryId: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The hash before the first row. */
export const firstHash = '0'.repeat(64)

/** SHA-256 over the hash of the row before and the canonical JSON of this row, as 64 hexadecimal digits. */
export function chainHash(previous: string, seq: number, entry: StampedEntry): string {
  const { entryId, at, actor, actorKind, action, target, outcome, address, requestId, detail } = entry
  const said = canonicalJson({
    seq,
    entryId,
    at,
    actor,
    actorKind,
    action,
    target,
    outcome,
    address,
    requestId,
    detail,
  })
  return createHash('sha256').update(previous).update(said).digest('hex')
}
