import {
  clientCloseReason,
  closeReasonNames,
  closeReasons,
  dropCauses,
  recoveryResults,
  refusalReasonNames,
  replyErrorCodes,
} from '@gatehouse/protocol'
import { nodeStates, operationStates, type Books, type NodeStatus, type Operation } from '@gatehouse/protocol/rest'
import type { Books as HubBooks } from '../../realtime/books/books.js'
import { trimCauses, type HistoryUsage } from '../../realtime/ports/history.js'
import type { TypeBooks } from '../../realtime/books/type-books.js'
import type { CumulativeHistogram } from './cumulative-histogram.js'
import {
  connectionLabels,
  deliveryEnds,
  drainBuckets,
  queueNames,
  receivedCodes,
  sendingReasons,
  sentCodes,
  type MetricName,
} from './metric-catalogue.js'

/** The state of one job queue; `counts` is null while its store does not answer. */
export interface QueueReading {
  readonly queue: string
  readonly failures: number
  readonly counts: { readonly waiting: number; readonly delayed: number } | null
}

/** Everything that a scrape reports, read in one turn. */
export interface NodeReading {
  readonly version: string
  readonly nodeState: NodeStatus['state']
  readonly books: Books
  /** The part of the books' messages and bytes that were binary WebSocket messages. */
  readonly binary: Readonly<HubBooks['binary']>
  readonly beyondBooks: {
    readonly joins: number
    readonly leaves: number
    readonly rateLimited: number
    readonly pauses: number
    readonly verdictsSuspended: number
    readonly errorsByCode: Readonly<Record<string, number>>
    readonly recoveries: Readonly<Record<string, number>>
    readonly recoveredMessages: number
    readonly receipts: number
  }
  /** Undelivered messages by room type. */
  readonly byType: readonly TypeBooks[]
  readonly history: HistoryUsage
  readonly connections: Readonly<Record<(typeof connectionLabels)[number], number>>
  readonly connectionLimit: number
  readonly users: number
  readonly rooms: number
  readonly memberships: number
  readonly slow: number
  readonly fullestOutboxBytes: number
  readonly durations: CumulativeHistogram
  readonly deliveryLag: CumulativeHistogram
  readonly pingRtt: CumulativeHistogram
  readonly bans: number
  readonly drain: Operation | null
  readonly isStoreUp: boolean
  readonly recordsWaiting: number
  readonly auditWaiting: number
  readonly jobs: readonly QueueReading[]
  readonly dashboards: number
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Values = (reading: NodeReading) => number | readonly Sample[] | CumulativeHistogram

/** The value of each metric in the catalogue, from a reading. */
export const metricValues: Readonly<Record<MetricName, Values>> = {
  gatehouse_build_info: ({ version }) => [{ labels: { version }, value: 1 }],
  gatehouse_node_state: ({ nodeState }) => oneOf('state', nodeStates, nodeState),
  gatehouse_connections: ({ connections }) => each('state', connectionLabels, (state) => connections[state]),
  gatehouse_connections_limit: (r) => r.connectionLimit,
  gatehouse_users: (r) => r.users,
  gatehouse_rooms: (r) => r.rooms,
  gatehouse_subscriptions: (r) => r.memberships,
  gatehouse_handshakes_total: ({ books }) => [
    { labels: { result: 'ok', reason: 'none' }, value: books.opened },
    ...refusalReasonNames.map((reason) => ({
      labels: { result: 'refused', reason },
      value: books.refusedByReason[reason] ?? 0,
    })),
  ],
  gatehouse_connections_opened_total: (r) => r.books.opened,
  gatehouse_connections_closed_total: (r) => r.books.closed,
  gatehouse_bad_requests_total: (r) => r.books.badRequests,
  gatehouse_disconnects_total: ({ books }) =>
    closeReasonNames.map((reason) => ({
      labels: { reason, initiator: closeReasons[reason].initiator },
      value: books.closedByReason[reason] ?? 0,
    })),
  gatehouse_close_frames_total: ({ books }) => closeFrames(books),
  gatehouse_connection_duration_seconds: (r) => r.durations,
  gatehouse_messages_total: ({ books, binary }) => [
    ...byType('in', books.messagesIn, binary.messagesIn),
    ...byType('out', books.deliveries.written, binary.deliveriesOut),
  ],
  gatehouse_message_bytes_total: ({ books, binary }) => [
    ...byType('in', books.bytesIn, binary.bytesIn),
    ...byType('out', books.bytesOut, binary.bytesOut),
  ],
  gatehouse_published_total: (r) => r.books.published,
  gatehouse_deliveries_total: ({ books }) => each('state', deliveryEnds, (state) => books.deliveries[state]),
  gatehouse_deliveries_queued: (r) => r.books.deliveries.queued,
  gatehouse_delivery_bytes_total: ({ books }) => each('state', deliveryEnds, (state) => books.bytes[state]),
  gatehouse_messages_dropped_total: ({ byType }) =>
    byType.flatMap(({ pattern, droppedByCause }) =>
      dropCauses.map((cause) => ({ labels: { cause, room_type: pattern }, value: droppedByCause[cause] })),
    ),
  gatehouse_messages_discarded_total: ({ byType }) =>
    byType.map(({ pattern, discarded }) => ({ labels: { room_type: pattern }, value: discarded })),
  gatehouse_recoveries_total: (r) => each('result', recoveryResults, (result) => r.beyondBooks.recoveries[result] ?? 0),
  gatehouse_receipts_total: (r) => r.beyondBooks.receipts,
  gatehouse_recovered_messages_total: (r) => r.beyondBooks.recoveredMessages,
  gatehouse_history_messages: (r) => r.history.messages,
  gatehouse_history_bytes: (r) => r.history.bytes,
  gatehouse_history_limit_bytes: (r) => r.history.budgetBytes,
  gatehouse_history_trimmed_total: ({ history }) => each('cause', trimCauses, (cause) => history.trimmed[cause]),
  gatehouse_delivery_lag_seconds: (r) => r.deliveryLag,
  gatehouse_ping_rtt_seconds: (r) => r.pingRtt,
  gatehouse_send_queue_bytes: (r) => r.books.bytes.queued,
  gatehouse_send_queue_max_bytes: (r) => r.fullestOutboxBytes,
  gatehouse_slow_consumers: (r) => r.slow,
  gatehouse_rate_limited_total: (r) => r.beyondBooks.rateLimited,
  gatehouse_read_pauses_total: (r) => r.beyondBooks.pauses,
  gatehouse_joins_total: (r) => r.beyondBooks.joins,
  gatehouse_leaves_total: (r) => r.beyondBooks.leaves,
  gatehouse_reply_errors_total: (r) => each('code', replyErrorCodes, (code) => r.beyondBooks.errorsByCode[code] ?? 0),
  gatehouse_pong_verdict_suspended_total: (r) => r.beyondBooks.verdictsSuspended,
  gatehouse_bans: (r) => r.bans,
  gatehouse_drain_state: ({ drain }) => oneOf('state', operationStates, drain?.state),
  gatehouse_drain_connections: ({ drain }) => each('bucket', drainBuckets, (bucket) => drainBucket(drain, bucket)),
  gatehouse_drain_unaccounted: ({ drain }) => drain?.progress.unaccounted ?? 0,
  gatehouse_drain_rate_target: ({ drain }) => drain?.progress.targetRate ?? 0,
  gatehouse_drain_rate_achieved: ({ drain }) => drain?.progress.achievedRate ?? 0,
  gatehouse_drain_started_timestamp_seconds: ({ drain }) => (drain?.startedAt ?? 0) / 1000,
  gatehouse_store_up: (r) => Number(r.isStoreUp),
  gatehouse_records_waiting: (r) => r.recordsWaiting,
  gatehouse_records_dropped_total: (r) => r.books.recordsDropped,
  gatehouse_audit_waiting: (r) => r.auditWaiting,
  gatehouse_job_queue_depth: ({ jobs }) =>
    each('queue', queueNames, (queue) => {
      const counts = jobs.find((reading) => reading.queue === queue)?.counts
      return counts === null || counts === undefined ? 0 : counts.waiting + counts.delayed
    }),
  gatehouse_job_failures_total: ({ jobs }) =>
    each('queue', queueNames, (queue) => jobs.find((reading) => reading.queue === queue)?.failures ?? 0),
  gatehouse_dashboard_connections: (r) => r.dashboards,
}

function each<L extends string>(label: string, values: readonly L[], of: (value: L) => number): Sample[] {
  return values.map((value) => ({ labels: { [label]: value }, value: of(value) }))
}

function oneOf<L extends string>(label: string, values: readonly L[], current: L | undefined): Sample[] {
  return each(label, values, (value) => Number(value === current))
}

function byType(direction: string, all: number, binary: number): Sample[] {
  return [
    { labels: { direction, type: 'text' }, value: all - binary },
    { labels: { direction, type: 'binary' }, value: binary },
  ]
}

/** Both directions are derived from the close reasons, which say who ended the connection and with which code. */
function closeFrames(books: Books): Sample[] {
  const received: Record<string, number> = { 1006: 0, other: books.closedByReason.client_app_code ?? 0 }
  for (const code of ['1000', '1001', '1005'])
    received[code] = books.closedByReason[clientCloseReason(Number(code))] ?? 0
  for (const reason of ['abnormal_reset', 'abnormal_eof', 'write_error']) {
    received['1006'] = (received['1006'] as number) + (books.closedByReason[reason] ?? 0)
  }
  const sent: Record<string, number> = Object.fromEntries(sentCodes.map((code) => [code, 0]))
  for (const reason of sendingReasons) {
    const code = String(closeReasons[reason].code)
    sent[code] = (sent[code] as number) + (books.closedByReason[reason] ?? 0)
  }
  return [
    ...receivedCodes.map((code) => ({ labels: { direction: 'in', code }, value: received[code] as number })),
    ...sentCodes.map((code) => ({ labels: { direction: 'out', code }, value: sent[code] as number })),
  ]
}

function drainBucket(drain: Operation | null, bucket: (typeof drainBuckets)[number]): number {
  if (drain === null) return 0
  const { initial, late, buckets } = drain.progress
  const counts = {
    initial,
    late,
    remaining: buckets.remaining,
    migrated: buckets.migratedEarly,
    clean: buckets.closedClean,
    forced: buckets.forced,
    left: buckets.leftOnTheirOwn,
  }
  return counts[bucket]
}
