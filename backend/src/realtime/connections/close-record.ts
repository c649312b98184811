import type { Closing, Connection } from './connection.js'
import type { CloseRecordDraft } from '../ports/record-sink.js'
import { recordedAddress } from './address.js'

/** The most rooms that a record names with what they lost. */
const ROOMS_NAMED = 8

/** All that is known of a connection at its end. Call after its outbox was closed, so that what it lost is counted. */
export function closeRecord(
  c: Connection,
  closing: Readonly<Closing>,
  closedAt: number,
  isClean: boolean,
  keepsAddress: 'full' | 'prefix' | 'none',
): CloseRecordDraft {
  const { outbox } = c
  return {
    id: c.id,
    reason: closing.reason,
    code: closing.code,
    evidence: {
      ...closing.evidence,
      ...(closing.isForced ? { forced: true } : {}),
      ...(outbox.discardedDeliveries > 0 ? { lost: outbox.lostByRoom(ROOMS_NAMED) } : {}),
    },
    user: c.user,
    session: c.session,
    address: recordedAddress(c.openedBy.address, keepsAddress),
    client: c.identity.client,
    connectedAt: c.connectedAtMs,
    closedAt,
    clean: isClean,
    rooms: closing.rooms,
    messagesIn: c.health.messagesIn,
    bytesIn: c.health.bytesIn,
    bytesOut: outbox.writtenBytes,
    deliveries: {
      enqueued: outbox.enqueuedDeliveries,
      written: outbox.writtenDeliveries,
      dropped: outbox.droppedDeliveries,
      discarded: outbox.discardedDeliveries,
    },
    pendingBytes: closing.pendingBytes,
    lastRttMs: c.health.rttMs,
    timeline: c.timeline(),
    count: 1,
  }
}
