import type { CloseRecordDraft } from '../../realtime/ports/record-sink.js'
import type { LostLife } from '../repositories/node-repository.js'

/**
 * One record for all connections that ended with a crash of this node, or undefined if none was open. Details of each
 * connection were lost with the process, including when it connected, so the record has no duration. The count is from
 * the node's last heartbeat, at most seconds old.
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
