import {
  closeReasonNames,
  closeReasons,
  dropCauses,
  recoveryResults,
  refusalReasonNames,
  replyErrorCodes,
} from '@gatehouse/protocol'
import { nodeStates, operationStates } from '@gatehouse/protocol/rest'
import { trimCauses } from '../../realtime/ports/history.js'

export interface MetricEntry {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Every label with all its possible values; empty if only the running process knows them. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[]
}

const directions = ['in', 'out'] as const
const messageTypes = ['text', 'binary'] as const
export const connectionLabels = ['authenticating', 'open', 'closing'] as const
export const deliveryEnds = ['enqueued', 'written', 'dropped', 'discarded'] as const
export const receivedCodes = ['1000', '1001', '1005', '1006', 'other'] as const
export const drainBuckets = ['initial', 'late', 'remaining', 'migrated', 'clean', 'forced', 'left'] as const
export const queueNames = ['operations', 'maintenance'] as const

/** Reasons for which the node sends a close frame; they determine the codes it can send. */
export const sendingReasons = closeReasonNames.filter((reason) => {
  const { initiator, code } = closeReasons[reason]
  return code !== null && code !== 1006 && !(initiator === 'client' && code < 1002) && code !== 1005
})
export const sentCodes = [...new Set(sendingReasons.map((reason) => String(closeReasons[reason].code)))].sort()

const lagSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
const rttSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const lifeSeconds = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]

/**
 * All of Gatehouse's own metrics. Registration and docs/metrics.md derive from this list; the process metrics of
 * Node.js (`process_*`, `nodejs_*`) are exported in addition.
 */
export const metricCatalogue = [
  {
    name: 'gatehouse_build_info',
    type: 'gauge',
    help: 'Always 1; the version is in the label.',
    labels: { version: [] },
  },
  {
    name: 'gatehouse_node_state',
    type: 'gauge',
    help: '1 for the state the node is in, 0 for the others.',
    labels: { state: nodeStates },
  },
  {
    name: 'gatehouse_connections',
    type: 'gauge',
    help: 'Client connections that exist now; the sum of all states is opened minus closed.',
    labels: { state: connectionLabels },
  },
  {
    name: 'gatehouse_connections_limit',
    type: 'gauge',
    help: 'The most connections that this node accepts; 0 for no limit.',
  },
  { name: 'gatehouse_users', type: 'gauge', help: 'Distinct users with a connection.' },
  { name: 'gatehouse_rooms', type: 'gauge', help: 'Rooms on this node.' },
  { name: 'gatehouse_subscriptions', type: 'gauge', help: 'Memberships: pairs of a connection and a room it joined.' },
  {
    name: 'gatehouse_handshakes_total',
    type: 'counter',
    help: 'Opening requests with Upgrade: ok became a connection, refused did not, for the reason given.',
    labels: { result: ['ok', 'refused'], reason: ['none', ...refusalReasonNames] },
  },
  { name: 'gatehouse_connections_opened_total', type: 'counter', help: 'Connections opened: completed handshakes.' },
  { name: 'gatehouse_connections_closed_total', type: 'counter', help: 'Connections ended, for any reason.' },
  {
    name: 'gatehouse_bad_requests_total',
    type: 'counter',
    help: 'Requests that the HTTP parser refused: malformed, too large or too slow.',
  },
  {
    name: 'gatehouse_disconnects_total',
    type: 'counter',
    help: 'Connections ended, by reason; the initiator follows from the reason.',
    labels: { reason: closeReasonNames, initiator: [] },
  },
  {
    name: 'gatehouse_close_frames_total',
    type: 'counter',
    help: 'How connections ended on the wire: in is the code a client closed with (1006: none was received), out the code this node closed with.',
    labels: { direction: directions, code: [] },
  },
  {
    name: 'gatehouse_connection_duration_seconds',
    type: 'histogram',
    help: 'Time from opening to end.',
    buckets: lifeSeconds,
  },
  {
    name: 'gatehouse_messages_total',
    type: 'counter',
    help: 'in: WebSocket messages received from clients; out: deliveries written to clients.',
    labels: { direction: directions, type: messageTypes },
  },
  {
    name: 'gatehouse_message_bytes_total',
    type: 'counter',
    help: 'Bytes of messages received, and of frames written.',
    labels: { direction: directions, type: messageTypes },
  },
  { name: 'gatehouse_published_total', type: 'counter', help: 'Messages that entered a room.' },
  {
    name: 'gatehouse_deliveries_total',
    type: 'counter',
    help: 'Deliveries (one message for one member): enqueued = written + dropped + discarded + gatehouse_deliveries_queued.',
    labels: { state: deliveryEnds },
  },
  { name: 'gatehouse_deliveries_queued', type: 'gauge', help: 'Deliveries whose write has not completed.' },
  {
    name: 'gatehouse_delivery_bytes_total',
    type: 'counter',
    help: 'The same in bytes, with replies and other pushes: enqueued = written + dropped + discarded + gatehouse_send_queue_bytes.',
    labels: { state: deliveryEnds },
  },
  {
    name: 'gatehouse_messages_dropped_total',
    type: 'counter',
    help: 'Deliveries dropped instead of written, by cause and by the pattern of the room type.',
    labels: { cause: dropCauses, room_type: [] },
  },
  {
    name: 'gatehouse_messages_discarded_total',
    type: 'counter',
    help: 'Deliveries discarded because the connection closed, by the pattern of the room type.',
    labels: { room_type: [] },
  },
  {
    name: 'gatehouse_recoveries_total',
    type: 'counter',
    help: 'Joins with since, by result: recovered, or why not.',
    labels: { result: recoveryResults },
  },
  {
    name: 'gatehouse_receipts_total',
    type: 'counter',
    help: 'Receipts that confirmed more of a room than the user had before, by ack or by the position of a join.',
  },
  { name: 'gatehouse_recovered_messages_total', type: 'counter', help: 'Messages sent to clients by recovered joins.' },
  { name: 'gatehouse_history_messages', type: 'gauge', help: 'Messages in the histories of rooms.' },
  { name: 'gatehouse_history_bytes', type: 'gauge', help: 'Memory used by the histories of rooms.' },
  {
    name: 'gatehouse_history_limit_bytes',
    type: 'gauge',
    help: 'Memory that the histories may use together; above it the fullest rooms are trimmed.',
  },
  {
    name: 'gatehouse_history_trimmed_total',
    type: 'counter',
    help: 'Messages removed from the history of their room, by the limit that removed them.',
    labels: { cause: trimCauses },
  },
  {
    name: 'gatehouse_delivery_lag_seconds',
    type: 'histogram',
    help: 'Time from the room to the write callback; one write in 64 is timed, values are accurate to 19 %.',
    buckets: lagSeconds,
  },
  {
    name: 'gatehouse_ping_rtt_seconds',
    type: 'histogram',
    help: 'Time from a WebSocket ping to its pong; values are accurate to 19 %.',
    buckets: rttSeconds,
  },
  { name: 'gatehouse_send_queue_bytes', type: 'gauge', help: 'Bytes that wait in all outboxes together.' },
  { name: 'gatehouse_send_queue_max_bytes', type: 'gauge', help: 'Bytes that wait in the fullest outbox.' },
  { name: 'gatehouse_slow_consumers', type: 'gauge', help: 'Connections over the soft limit of their outbox.' },
  { name: 'gatehouse_rate_limited_total', type: 'counter', help: 'Frames refused because they exceeded a rate limit.' },
  {
    name: 'gatehouse_read_pauses_total',
    type: 'counter',
    help: 'How often reading from a socket was paused because it sent too fast.',
  },
  { name: 'gatehouse_joins_total', type: 'counter', help: 'Memberships started.' },
  { name: 'gatehouse_leaves_total', type: 'counter', help: 'Memberships ended.' },
  {
    name: 'gatehouse_reply_errors_total',
    type: 'counter',
    help: 'Frames answered with an error.',
    labels: { code: replyErrorCodes },
  },
  {
    name: 'gatehouse_pong_verdict_suspended_total',
    type: 'counter',
    help: 'Overdue pongs that did not close a connection because this node itself lagged.',
  },
  { name: 'gatehouse_bans', type: 'gauge', help: 'Bans in force.' },
  {
    name: 'gatehouse_drain_state',
    type: 'gauge',
    help: '1 for the state of the drain that runs or keeps the node out of service, 0 for the others; all 0 without one.',
    labels: { state: operationStates },
  },
  {
    name: 'gatehouse_drain_connections',
    type: 'gauge',
    help: 'Connections of that drain, by what happened to them.',
    labels: { bucket: drainBuckets },
  },
  {
    name: 'gatehouse_drain_unaccounted',
    type: 'gauge',
    help: 'Connections that the books of that drain cannot explain; anything but 0 is a defect.',
  },
  { name: 'gatehouse_drain_rate_target', type: 'gauge', help: 'Closes per second that the drain aims at.' },
  { name: 'gatehouse_drain_rate_achieved', type: 'gauge', help: 'Closes per second of the drain over the last 10 s.' },
  {
    name: 'gatehouse_drain_started_timestamp_seconds',
    type: 'gauge',
    help: 'When the drain began, seconds since 1970; 0 without one.',
  },
  { name: 'gatehouse_store_up', type: 'gauge', help: '1 while PostgreSQL answers.' },
  { name: 'gatehouse_records_waiting', type: 'gauge', help: 'Close and refusal records that wait for PostgreSQL.' },
  {
    name: 'gatehouse_records_dropped_total',
    type: 'counter',
    help: 'Close and refusal records dropped before they reached PostgreSQL.',
  },
  { name: 'gatehouse_audit_waiting', type: 'gauge', help: 'Audit entries in the local file that wait for PostgreSQL.' },
  {
    name: 'gatehouse_job_queue_depth',
    type: 'gauge',
    help: 'Jobs that wait for a worker or for their time.',
    labels: { queue: queueNames },
  },
  {
    name: 'gatehouse_job_failures_total',
    type: 'counter',
    help: 'Jobs that failed in this process.',
    labels: { queue: queueNames },
  },
  {
    name: 'gatehouse_dashboard_connections',
    type: 'gauge',
    help: 'Connected dashboards; no other metric counts them.',
  },
] as const satisfies readonly MetricEntry[]

export type MetricName = (typeof metricCatalogue)[number]['name']
