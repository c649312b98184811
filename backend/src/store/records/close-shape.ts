import { sql } from 'kysely'
import { closeReasonNames, closeReasons, type CloseReason } from '@gatehouse/protocol'
import { parseRange } from '../address-range.js'
import { addressField, numberField, textField, textsField, timeField, wordField } from '../lists/fields.js'
import type { CloseBody, CloseEntry } from './close-entry.js'
import type { RecordShape } from './record-list.js'

interface CloseRow {
  id: string
  node: string
  closed_at: number
  reason: CloseReason
  code: number | null
  user_id: string | null
  address: string | null
  client: string | null
  rooms: string[]
  actor: string | null
  operation: string | null
  duration_ms: number
  pending_bytes: number
  reconnected_as: string | null
  body: CloseBody
}

const searched = sql`id, node, closed_at, reason, code, user_id, address, client, rooms, actor, operation, duration_ms, pending_bytes, reconnected_as`

/** Lists leave out the timeline, which is the largest part of a record. */
const listColumns = sql`${searched}, body - 'timeline' AS body`
export const closeDetailColumns = sql`${searched}, body`

export const closeShape: RecordShape<CloseEntry> = {
  list: 'closes',
  table: sql`gatehouse.close_records`,
  columns: listColumns,
  fields: {
    id: textField(sql`id`, (entry) => entry.id),
    user: textField(sql`user_id`, (entry) => entry.user),
    reason: textField(sql`reason`, (entry) => entry.reason),
    initiator: textField(sql`reason`, (entry) => entry.reason, reasonsOf),
    code: numberField(sql`code`, (entry) => entry.code),
    client: textField(sql`client`, (entry) => entry.client),
    ip: addressField(sql`network`, (entry) => (entry.address === null ? null : (parseRange(entry.address) ?? null))),
    room: textsField(sql`rooms`, (entry) => entry.rooms),
    since: timeField('since', sql`closed_at`, (entry) => entry.closedAt),
    before: timeField('before', sql`closed_at`, (entry) => entry.closedAt),
    operation: textField(sql`operation`, (entry) => entry.operation),
    actor: textField(sql`actor`, (entry) => entry.actor),
    duration: numberField(sql`duration_ms`, (entry) => entry.durationMs, 'span'),
    pending: numberField(sql`pending_bytes`, (entry) => entry.pendingBytes, 'size'),
    text: wordField([sql`id`, sql`user_id`, sql`reason`, sql`client`, sql`address`, sql`actor`], (entry) => [
      entry.id,
      entry.user,
      entry.reason,
      entry.client,
      entry.address,
      entry.actor,
    ]),
  },
  sorts: {
    closedAt: { column: sql`closed_at`, read: (entry) => entry.closedAt },
    durationMs: { column: sql`duration_ms`, read: (entry) => entry.durationMs },
    pendingBytes: { column: sql`pending_bytes`, read: (entry) => entry.pendingBytes },
  },
  defaultSort: '-closedAt',
  time: sql`closed_at`,
  reason: (entry) => entry.reason,
  fromRow: (row) => closeEntryOfRow(row as CloseRow),
}

export function closeEntryOfRow(row: CloseRow): CloseEntry {
  return {
    id: row.id,
    node: row.node,
    closedAt: row.closed_at,
    reason: row.reason,
    code: row.code,
    user: row.user_id,
    address: row.address,
    client: row.client,
    rooms: row.rooms,
    actor: row.actor,
    operation: row.operation,
    durationMs: row.duration_ms,
    pendingBytes: row.pending_bytes,
    reconnectedAs: row.reconnected_as,
    body: row.body,
    state: 'written',
  }
}

/** The reasons of an initiator: the table stores only reasons, and the protocol defines the initiator of each. */
function reasonsOf(initiator: string): readonly string[] {
  return closeReasonNames.filter((reason) => closeReasons[reason].initiator === initiator)
}
