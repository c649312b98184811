import type { CloseRecordDraft } from '../../realtime/ports/record-sink.js'
import type { LostLife } from '../repositories/node-repository.js'

/**
 * One record for all connections that ended with a crash of this node, or undefined when none was open. What each of
 * them was died with the process; the count is the last the node told, at most seconds old.
 * When each had connected is not known either, so the record says nothing of how long they were open.
 */
export function nodeLostRecord(life: LostLife, id: string): CloseRecordDraft | undefined {
  if (life.open <= 0) return undefined
  return {
    id,
    reason: 'node_lost',
    code: null,
    evidence: { count: life.open },
    user: null,
    session: null,
    address: null,
    client: null,
    connectedAt: life.at,
    closedAt: life.at,
    clean: false,
    rooms: [],
    messagesIn: 0,
    bytesIn: 0,
    bytesOut: 0,
    deliveries: { enqueued: 0, written: 0, dropped: 0, discarded: 0 },
    pendingBytes: 0,
    lastRttMs: null,
    timeline: [],
    count: life.open,
  }
}
