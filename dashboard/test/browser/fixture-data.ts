import type {
  ConnectionDetail,
  ConnectionRow,
  ConnectionsTick,
  ConnectionTick,
  Me,
  NodeStatus,
  Operation,
  StatsPoint,
  StatsTick,
} from '@gatehouse/protocol/rest'
import { statsPoint } from '../stats-point.ts'

const START = Date.now() - 3 * 3_600_000
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A number in [0, 1) that depends on its seed only, so that pictures can be compared. */
function noise(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43_758.5453
  return value - Math.floor(value)
}
export function idOf(index: number): string {
  return `cn_${Array.from({ length: 8 }, (_, at) => ALPHABET[Math.floor(noise(index * 31 + at) * 32)]).join('')}`
}

/** How many connections the invented node holds. */
export const CONNECTIONS = 12_480

export function connectionRow(index: number, now = Date.now()): ConnectionRow {
  const isSlow = index < 118
  const pending = isSlow
    ? Math.round((182 - index * 1.1 + noise(index + Math.floor(now / 2000)) * 2) * 1024)
    : Math.round(noise(index) ** 6 * 9000)
  return {
    id: idOf(index),
    user: index === 7 ? 'u-\u202Egpj.exe' : `u-${10_000 + Math.floor(noise(index + 0.5) * 80_000)}`,
    state: isSlow ? 'slow' : index % 211 === 0 ? 'authenticating' : 'open',
    node: 'node-1',
    client: { name: index % 5 === 0 ? 'ios' : 'web', version: index % 3 === 0 ? '3.8.1' : '3.8.2' },
    address: `203.0.113.${index % 250}`,
    rooms: 1 + Math.floor(noise(index + 3) * 6),
    inRate: noise(index + 5) * 2,
    outRate: 8 + noise(index + 7) * 26,
    pendingBytes: pending,
    rttMs: isSlow ? 380 + Math.round(noise(index) * 300) : 18 + Math.round(noise(index) * 60),
    dropped: isSlow ? Math.round(noise(index + 9) * 240) : 0,
    connectedAt: now - 60_000 - Math.round(noise(index + 11) * 15_000_000),
    lastSeenAt: now - Math.round(noise(index + 13) * 9000),
    labels: { region: 'eu' },
  }
}

export function point(at: number, seconds: number): StatsPoint {
  const spike = at % 900_000 < 60_000 ? 2.4 : 1
  const minute = at / 60_000
  const closes = Math.round((5 + 3 * noise(minute) * spike) * seconds)
  const part = (share: number): number => Math.round(closes * share)
  const closedByReason = {
    client_going_away: part(0.33),
    client_close: part(0.19),
    abnormal_eof: part(spike > 1 ? 0.5 : 0.1),
    abnormal_reset: part(0.05),
    ping_timeout: part(0.06),
    auth_expired: part(0.07),
    max_lifetime: part(0.06),
    slow_consumer_bytes: part(0.03),
    server_shutdown: part(0.01),
    kicked: seconds > 5 ? 1 : 0,
  }
  return statsPoint(at, {
    seconds,
    levels: {
      open: Math.round(CONNECTIONS + 400 * Math.sin(minute / 7) + 60 * noise(minute)),
      authenticating: Math.round(38 * noise(at)),
      users: Math.round(CONNECTIONS * 0.91 + 300 * Math.sin(minute / 7)),
      rooms: Math.round(1204 + 40 * Math.sin(minute / 3)),
      memberships: 48_211,
      queuedBytes: 8_400_000,
      slow: 118,
      viewers: 3,
      cpu: 0.41,
    },
    counts: {
      connects: Math.round(closes * (0.98 + noise(minute + 2) * 0.05)),
      closes: Object.values(closedByReason).reduce((sum, value) => sum + value, 0),
      refusals: Math.round(seconds * 0.2 + noise(minute)),
      messagesIn: Math.round((1284 + 160 * Math.sin(minute / 2)) * seconds),
      published: Math.round((1180 + 150 * Math.sin(minute / 2)) * seconds),
      enqueued: Math.round((44_310 + 4000 * Math.sin(minute / 2)) * seconds),
      written: Math.round((44_300 + 4000 * Math.sin(minute / 2)) * seconds),
      closedByReason,
      refusedByReason: {
        token_expired: Math.round(seconds * 0.09),
        ip_rate_limit: Math.round(seconds * 0.05),
        origin_denied: Math.round(seconds * 0.02),
      },
    },
    quantiles: {
      deliveryMs: { p50: 4, p99: 34 + 8 * noise(minute) },
      rttMs: { p50: 44, p99: 610 },
      loopMs: { p50: 1.2, p99: 12 },
    },
  })
}

const books = () => ({
  attempts: 25_427,
  opened: 24_935,
  refused: 492,
  refusedByReason: {},
  open: 12_480,
  closed: 12_455,
  closedByReason: {},
  deliveries: {
    enqueued: 172_406_113,
    written: 172_375_994,
    dropped: 8_214,
    droppedByCause: {},
    discarded: 0,
    queued: 21_905,
  },
  bytes: { enqueued: 0, written: 0, dropped: 0, discarded: 0, queued: 0 },
  messagesIn: 4_611_000,
  published: 4_402_113,
  bytesIn: 0,
  bytesOut: 0,
  badRequests: 3,
  recordsDropped: 0,
})

/** An operation that runs while the page is looked at with `FIXTURE_DRAIN` set. */
export const operation = (now: number): Operation => ({
  id: 'op_7Q2M4XKD',
  kind: 'drain',
  state: 'run',
  node: 'node-1',
  target: {},
  parameters: { rate: 13.6 },
  reason: 'kernel update',
  by: 'oncall-eu',
  createdAt: now - 600_000,
  startedAt: now - 500_000,
  endedAt: null,
  phases: [],
  plan: {
    planId: 'pl_1',
    blast: { connections: 9758, users: 9000, usersLeftWithNone: 8000, roomsEmptied: 12, messagesPerSecond: 80 },
    estimate: { rate: 13.6, totalMs: 1, pacedMs: 1 },
  },
  progress: {
    initial: 9758,
    late: 42,
    buckets: { migratedEarly: 268, closedClean: 6739, forced: 64, leftOnTheirOwn: 484, remaining: 2245 },
    unaccounted: 0,
    targetRate: 13.6,
    achievedRate: 13.5,
    etaAt: now + 162_000,
    plannedEndAt: now + 111_000,
    deadlineAt: now + 231_000,
    note: 'Closing 13.6 connections a second, idle first.',
  },
  failure: null,
  holds: false,
})

export function statsTick(now: number): StatsTick {
  const isDraining = process.env['FIXTURE_DRAIN'] === '1'
  return {
    at: now,
    point: point(Math.floor(now / 1000) * 1000 - 1000, 1),
    books: books(),
    nodeState: isDraining ? 'draining' : 'ready',
    notes: [],
    nodes: { answered: 1, of: 1 },
    operations: isDraining ? [operation(now)] : [],
    bans: 61,
    viewerBytesPerSecond: 11_200,
  }
}

export function connectionsTick(now: number): ConnectionsTick {
  return {
    at: now,
    total: CONNECTIONS,
    byState: { open: 12_302, slow: 118, authenticating: 60 },
    byClient: { web: 9984, ios: 2496 },
    openedSince: 12,
  }
}

export function detail(id: string, now: number): ConnectionDetail {
  const row = connectionRow(0, now)
  return {
    ...row,
    id,
    rttMs: Math.round(480 + 130 * noise(Math.floor(now / 1000))),
    connectedAt: START,
    session: 'se_7JQ2M4XKD0RW8HC5',
    encoding: 'json',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/145.0',
    origin: 'https://app.example.com',
    tls: true,
    claims: {
      subject: 'u-48213',
      issuer: 'https://id.example.com',
      tokenId: null,
      issuedAt: START,
      expiresAt: now + 2_400_000,
      rooms: { 'chat:*': ['join', 'publish', 'presence'], 'orders:eu': ['join'] },
    },
    memberships: [
      { room: 'chat:lobby', roomType: 'chat', joinedAt: START + 400, rights: ['join', 'publish'] },
      { room: 'orders:eu', roomType: 'orders', joinedAt: START + 420, rights: ['join'] },
      { room: 'presence:eu', roomType: '**', joinedAt: START + 440, rights: ['join', 'presence'] },
    ],
    messagesIn: 1204,
    bytesIn: 88_000,
    bytesOut: 4_120_000,
    deliveries: { enqueued: 4812, written: 4529, dropped: 240, discarded: 0, queued: 43 },
    errors: 2,
    timeline: [
      { at: START, kind: 'opened', detail: 'handshake 38 ms' },
      { at: START + 40, kind: 'authenticated', detail: 'until 15:23:02' },
      { at: START + 400, kind: 'joined', detail: 'chat:lobby' },
      { at: START + 420, kind: 'joined', detail: 'orders:eu' },
      { at: now - 240_000, kind: 'refreshed', detail: 'valid until 15:23:02' },
      { at: now - 120_000, kind: 'slow', detail: '64 KiB waiting' },
    ],
  }
}

export const connectionTick = (now: number, id: string): ConnectionTick => ({ at: now, connection: detail(id, now) })
export const closedTick = (now: number): ConnectionTick => ({ at: now, closed: 'kicked' })

export const me: Me = {
  kind: 'operator',
  name: 'oncall-eu',
  role: 'admin',
  verbs: [
    'read',
    'metrics.read',
    'connection.disconnect',
    'connection.bulk',
    'operation.plan',
    'operation.run',
    'audit.read',
  ],
  rooms: [],
  sessionExpiresAt: null,
  cluster: 'eu-central',
  node: 'node-1',
  environment: 'production',
}

export const node = (now: number): NodeStatus => ({
  id: 'node-1',
  cluster: 'eu-central',
  environment: 'production',
  version: '0.1.0',
  runtime: 'node 24.21.0',
  pid: 4711,
  startedAt: START,
  now,
  state: 'ready',
  notes: [],
  open: CONNECTIONS,
  authenticating: 38,
  connectionLimit: 19_000,
  users: 11_300,
  rooms: 1204,
  memberships: 48_211,
  viewers: 3,
  loopP99Ms: 12,
  cpu: 0.41,
  heapBytes: 180_000_000,
  rssBytes: 420_000_000,
  openFiles: 12_600,
  fileLimit: 20_000,
  store: { state: 'up', kind: 'embedded', since: START },
  history: { rooms: 12, messages: 3_400, bytes: 1_300_000, budgetBytes: 268_435_456 },
  bansAgeMs: 400,
  recordsWaiting: 0,
  recordsDropped: 0,
  auditWaiting: 0,
  operation: null,
  gateway: { url: 'ws://127.0.0.1:8080/ws', tls: false },
  control: { url: 'http://127.0.0.1:8081', tls: false },
  books: books(),
  settings: [],
})
