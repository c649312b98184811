import type { CloseReason, RefusalReason } from '@gatehouse/protocol'
import type { CloseRecordDraft, RefusalDraft } from '../../realtime/ports/record-sink.js'

/** A close record for tests, which give only the fields that they need. */
export function testClose(said: Partial<CloseRecordDraft> & { id: string }): CloseRecordDraft {
  const closedAt = said.closedAt ?? Date.now()
  return {
    reason: 'client_close',
    code: 1000,
    evidence: {},
    user: 'alice',
    session: 's1',
    address: '203.0.113.7',
    client: { name: 'web', version: '1.0' },
    connectedAt: closedAt - 5_000,
    closedAt,
    clean: true,
    rooms: ['chat:lobby'],
    messagesIn: 1,
    bytesIn: 2,
    bytesOut: 3,
    deliveries: { enqueued: 4, written: 4, dropped: 0, discarded: 0 },
    pendingBytes: 0,
    lastRttMs: 1.5,
    timeline: [{ at: closedAt, kind: 'closed', detail: null }],
    count: 1,
    ...said,
  }
}

/** A refusal for tests, which give only the fields that they need. */
export function testRefusal(said: Partial<RefusalDraft> & { id: string }): RefusalDraft {
  return {
    at: Date.now(),
    reason: 'banned',
    status: 403,
    evidence: {},
    address: '203.0.113.7',
    addressPrefix: '203.0.113.0/24',
    origin: 'https://app.example',
    userAgent: 'test',
    user: null,
    ...said,
  }
}

const reasons: readonly CloseReason[] = [
  'client_close',
  'kicked',
  'drain',
  'slow_consumer_bytes',
  'ping_timeout',
  'abnormal_reset',
]
const refusalReasons: readonly RefusalReason[] = ['banned', 'bad_token', 'draining', 'aborted']

/** The same record for the same number; together they vary everything that lists filter by. */
export function variedClose(i: number, nowMs: number): CloseRecordDraft {
  const reason = reasons[i % reasons.length] as CloseReason
  const closedAt = nowMs - (i % 50) * 1_000
  return testClose({
    id: `c${String(i).padStart(5, '0')}`,
    reason,
    code: reason === 'client_close' ? 1000 : i % 4 === 0 ? null : 4000 + (i % 3),
    closedAt,
    connectedAt: closedAt - (i % 17) * 700,
    user: i % 5 === 0 ? null : `user${i % 7}`,
    address: i % 6 === 0 ? null : i % 2 === 0 ? `10.0.${i % 4}.${i % 200}` : `2001:db8:${i % 4}::/48`,
    client: i % 3 === 0 ? null : { name: i % 2 === 0 ? 'web' : 'node sdk' },
    rooms: i % 4 === 0 ? [] : [`chat:${i % 3}`, 'news'],
    pendingBytes: (i % 9) * 10_000,
    evidence: reason === 'kicked' ? { actor: 'ada' } : reason === 'drain' ? { operation: `op${i % 2}` } : {},
  })
}

/** The same refusal for the same number. */
export function variedRefusal(i: number, nowMs: number): RefusalDraft {
  const reason = refusalReasons[i % refusalReasons.length] as RefusalReason
  return testRefusal({
    id: `r${String(i).padStart(5, '0')}`,
    at: nowMs - (i % 50) * 1_000,
    reason,
    status: reason === 'aborted' ? null : 400 + (i % 5),
    address: i % 6 === 0 ? null : `10.0.${i % 4}.${i % 200}`,
    origin: i % 3 === 0 ? null : `https://${i % 2}.example`,
    user: i % 5 === 0 ? `user${i % 7}` : null,
  })
}
