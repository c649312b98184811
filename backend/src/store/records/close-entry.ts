import { closeCure, closeReasons, closeSentence, type CloseEvidence, type CloseReason } from '@gatehouse/protocol'
import type { CloseRecord, CloseRecordDetail } from '@gatehouse/protocol/rest'
import type { CloseRecordDraft } from '../../realtime/ports/record-sink.js'
import { storableJson } from '../postgres/storable.js'
import type { Remembered } from './record-memory.js'

/** The part of a record that no list filters or sorts by. */
export type CloseBody = Pick<
  CloseRecordDraft,
  | 'session'
  | 'client'
  | 'connectedAt'
  | 'clean'
  | 'messagesIn'
  | 'bytesIn'
  | 'bytesOut'
  | 'deliveries'
  | 'lastRttMs'
  | 'count'
> & { readonly evidence: CloseEvidence; readonly timeline?: CloseRecordDraft['timeline'] }

/** A close record as kept in memory and in the table: searchable parts as fields, the rest as one text. */
export interface CloseEntry extends Remembered {
  readonly id: string
  readonly node: string
  readonly closedAt: number
  readonly reason: CloseReason
  readonly code: number | null
  readonly user: string | null
  readonly address: string | null
  readonly client: string | null
  readonly rooms: readonly string[]
  readonly actor: string | null
  readonly operation: string | null
  readonly durationMs: number
  readonly pendingBytes: number
  reconnectedAs: string | null
  /** JSON text in memory: it takes half the space of the objects and is written to the table unchanged. */
  readonly body: string | CloseBody
}

export function closeEntryOf(draft: CloseRecordDraft, node: string, reconnectedAs: string | null): CloseEntry {
  const {
    session,
    client,
    connectedAt,
    clean,
    messagesIn,
    bytesIn,
    bytesOut,
    deliveries,
    lastRttMs,
    count,
    evidence,
    timeline,
  } = draft
  const body: CloseBody = {
    session,
    client,
    connectedAt,
    clean,
    messagesIn,
    bytesIn,
    bytesOut,
    deliveries,
    lastRttMs,
    count,
    evidence,
    timeline,
  }
  return {
    id: draft.id,
    node,
    closedAt: draft.closedAt,
    reason: draft.reason,
    code: draft.code,
    user: draft.user,
    address: draft.address,
    client: client?.name ?? null,
    rooms: draft.rooms,
    actor: evidence.actor ?? null,
    operation: evidence.operation ?? null,
    durationMs: Math.max(0, Math.round(draft.closedAt - connectedAt)),
    pendingBytes: draft.pendingBytes,
    reconnectedAs,
    body: storableJson(body),
    state: 'waiting',
  }
}

export function closeRecordOf(entry: CloseEntry): CloseRecord {
  return recordOf(entry, bodyOf(entry))
}

export function closeDetailOf(entry: CloseEntry): CloseRecordDetail {
  const body = bodyOf(entry)
  return { ...recordOf(entry, body), timeline: [...(body.timeline ?? [])] }
}

function recordOf(entry: CloseEntry, body: CloseBody): CloseRecord {
  return {
    id: entry.id,
    node: entry.node,
    reason: entry.reason,
    initiator: closeReasons[entry.reason].initiator,
    code: entry.code,
    sentence: closeSentence(entry.reason, body.evidence),
    cure: closeCure(entry.reason),
    user: entry.user,
    session: body.session,
    address: entry.address,
    client: body.client,
    connectedAt: body.connectedAt,
    closedAt: entry.closedAt,
    durationMs: entry.durationMs,
    clean: body.clean,
    actor: entry.actor,
    operation: entry.operation,
    evidence: { ...body.evidence },
    rooms: [...entry.rooms],
    messagesIn: body.messagesIn,
    bytesIn: body.bytesIn,
    bytesOut: body.bytesOut,
    deliveries: { ...body.deliveries },
    pendingBytes: entry.pendingBytes,
    lastRttMs: body.lastRttMs,
    reconnectedAs: entry.reconnectedAs,
    count: body.count,
  }
}

function bodyOf(entry: CloseEntry): CloseBody {
  return typeof entry.body === 'string' ? (JSON.parse(entry.body) as CloseBody) : entry.body
}
