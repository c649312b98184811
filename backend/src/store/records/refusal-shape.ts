import { sql } from 'kysely'
import type { RefusalEvidence, RefusalReason } from '@gatehouse/protocol'
import { parseRange } from '../address-range.js'
import { addressField, numberField, textField, timeField, wordField } from '../lists/fields.js'
import type { RecordShape } from './record-list.js'
import type { RefusalEntry } from './refusal-entry.js'

interface RefusalRow {
  id: string
  node: string
  at: number
  reason: RefusalReason
  status: number | null
  address: string | null
  origin: string | null
  user_agent: string | null
  user_id: string | null
  evidence: RefusalEvidence
  suppressed: number
}

export const refusalColumns = sql`id, node, at, reason, status, address, origin, user_agent, user_id, evidence, suppressed`

export const refusalShape: RecordShape<RefusalEntry> = {
  list: 'refusals',
  table: sql`gatehouse.refusals`,
  columns: refusalColumns,
  fields: {
    id: textField(sql`id`, (entry) => entry.id),
    reason: textField(sql`reason`, (entry) => entry.reason),
    status: numberField(sql`status`, (entry) => entry.status),
    ip: addressField(sql`network`, (entry) => (entry.address === null ? null : (parseRange(entry.address) ?? null))),
    origin: textField(sql`origin`, (entry) => entry.origin),
    user: textField(sql`user_id`, (entry) => entry.user),
    since: timeField('since', sql`at`, (entry) => entry.at),
    before: timeField('before', sql`at`, (entry) => entry.at),
    text: wordField([sql`id`, sql`reason`, sql`address`, sql`origin`, sql`user_id`, sql`user_agent`], (entry) => [
      entry.id,
      entry.reason,
      entry.address,
      entry.origin,
      entry.user,
      entry.userAgent,
    ]),
  },
  sorts: { at: { column: sql`at`, read: (entry) => entry.at } },
  defaultSort: '-at',
  time: sql`at`,
  reason: (entry) => entry.reason,
  fromRow: (row) => refusalEntryOfRow(row as RefusalRow),
}

export function refusalEntryOfRow(row: RefusalRow): RefusalEntry {
  return {
    id: row.id,
    node: row.node,
    at: row.at,
    reason: row.reason,
    status: row.status,
    evidence: row.evidence,
    address: row.address,
    origin: row.origin,
    userAgent: row.user_agent,
    user: row.user_id,
    suppressed: row.suppressed,
    state: 'written',
  }
}
