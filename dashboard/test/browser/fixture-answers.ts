import type { Plan, StatsPoint } from '@gatehouse/protocol/rest'
import { CONNECTIONS, connectionRow, detail, idOf, me, node, operation, point } from './fixture-data.ts'
import { memberRow, room } from './fixture-rooms.ts'

const plan = (now: number, body: unknown): Plan => {
  const target = (body as { target?: { ids?: string[]; filter?: string } }).target ?? {}
  const connections = target.ids?.length ?? 118
  return {
    planId: 'pl_4TQX9B',
    kind: 'disconnect',
    target,
    node: 'node-1',
    parameters: { rate: 40, disconnectReason: 'force_reconnect' },
    reason: '3.8.1 reads too slowly',
    blast: {
      connections,
      users: connections - 4,
      usersLeftWithNone: connections - 12,
      roomsEmptied: 3,
      messagesPerSecond: 31.2,
    },
    estimate: { rate: 40, totalMs: (connections / 40) * 1000, pacedMs: (connections / 40) * 1000 },
    warnings: ['3 rooms lose their last member.'],
    sample: Array.from({ length: 5 }, (_, index) => ({
      id: idOf(index),
      user: `u-${index}`,
      rooms: 3,
      pendingBytes: 180_000,
    })),
    confirm: connections > 100 ? 'state:slow' : null,
    createdAt: now,
    expiresAt: now + 300_000,
  }
}

function series(url: URL, now: number) {
  const step = Number(url.searchParams.get('step') ?? 10)
  const from = Number(url.searchParams.get('from'))
  const to = Math.min(now, Number(url.searchParams.get('to')))
  const points: StatsPoint[] = []
  for (let at = Math.floor(from / (step * 1000)) * step * 1000; at < to - step * 1000; at += step * 1000) {
    const back = (now - at) / (to - from || 1)
    if (back > 0.62 && back < 0.66) continue
    points.push(point(at, step))
  }
  const marks =
    process.env['FIXTURE_DRAIN'] === '1'
      ? [{ at: now - 160_000, until: null, kind: 'drain', label: 'drain node-1', operation: 'op_1' }]
      : []
  return { from, to, step, points, marks, nodes: { answered: 1, of: 1 } }
}

function page(url: URL, now: number) {
  const isWhole = url.searchParams.get('filter') === 'text:all'
  const limit = isWhole ? 100_000 : Number(url.searchParams.get('limit') ?? 100)
  const offset = Number(url.searchParams.get('cursor') ?? 0)
  const isSlow = url.searchParams.get('filter')?.includes('state:slow') ?? false
  const total = url.searchParams.get('filter')?.includes('nobody') ? 0 : isSlow ? 118 : isWhole ? 100_000 : CONNECTIONS
  const items = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, index) =>
    connectionRow(offset + index, now),
  )
  const next = offset + limit < total ? { next: String(offset + limit) } : {}
  return {
    items,
    total,
    ...next,
    nodes: { answered: 1, of: 1 },
    facets: { state: { open: total - 118, slow: 118 }, client: { web: 9984, ios: 2496 } },
  }
}

const record = (index: number, now: number) => ({
  id: idOf(index + 500),
  reason: ['client_going_away', 'abnormal_eof', 'kicked', 'client_close', 'auth_expired', 'ping_timeout'][index % 6],
  user: `u-${index + 400}`,
  closedAt: now - index * 7000,
  sentence: 'The client went away.',
})

function members(name: string, now: number) {
  const isEmpty = name.includes('empty')
  const items = isEmpty ? [] : Array.from({ length: 40 }, (_, index) => memberRow(index, now))
  return { items, total: items.length, nodes: { answered: 1, of: 1 } }
}

/** What the invented node answers. */
export function answers(method: string, url: URL, body: unknown): { status: number; value: unknown } {
  const now = Date.now()
  const path = url.pathname
  const ok = (value: unknown) => ({ status: 200, value })
  if (path === '/v1/me') return ok(me)
  if (path === '/v1/node') return ok(node(now))
  if (path === '/v1/stats') return ok(series(url, now))
  if (path === '/v1/closed')
    return ok({
      items: Array.from({ length: 6 }, (_, index) => record(index, now)),
      total: 6,
      nodes: { answered: 1, of: 1 },
    })
  if (path === '/v1/connections') return ok(page(url, now))
  if (path.endsWith('/disconnect')) return ok({ id: 'x', reason: 'kicked', code: 4504, audited: true })
  if (path === '/v1/operations' && method === 'POST') {
    return ok((body as { planId?: string }).planId ? operation(now) : plan(now, body))
  }
  if (path.endsWith('/members')) return ok(members(path.split('/').at(-2) ?? '', now))
  if (path.startsWith('/v1/rooms/')) return ok(room(decodeURIComponent(path.split('/').at(-1) ?? ''), now))
  if (path.startsWith('/v1/connections/')) return ok(detail(path.split('/').at(-1) ?? '', now))
  return {
    status: 404,
    value: {
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: 'No such thing.',
      requestId: 'req_8K2V',
    },
  }
}
