import type { ConnectionRow } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connection.js'
import type { Hub } from '../../realtime/hub.js'
import type { LiveList } from '../lists/live-list.js'
import { type ConnectionView, stateOf } from './connection-view.js'

/** The list of open connections. */
export function connectionList(hub: Hub, view: ConnectionView): LiveList<Connection, ConnectionRow> {
  const moving = (of: (c: Connection) => number) => ({ of, isLive: true })
  return {
    all: () => hub.connections.values(),
    find: (id) => hub.connections.get(id),
    id: (c) => c.id,
    fields: {
      id: { kind: 'text', of: (c) => c.id },
      user: { kind: 'text', of: (c) => c.user },
      room: { kind: 'texts', of: (c) => c.memberships.keys() },
      client: { kind: 'text', of: (c) => c.client?.name ?? null },
      state: { kind: 'text', of: stateOf },
      ip: { kind: 'address', of: (c) => c.openedBy.address },
      pending: { kind: 'bytes', of: (c) => c.outbox.queuedBytes },
      rtt: { kind: 'span', of: (c) => c.rttMs },
      dropped: { kind: 'number', of: (c) => c.outbox.droppedDeliveries },
      since: { kind: 'time', of: (c) => c.connectedAtMs },
      idle: { kind: 'span', of: (c) => Date.now() - c.lastSeenMs },
      rooms: { kind: 'number', of: (c) => c.memberships.size },
    },
    openField: (name) =>
      name.startsWith('label.') ? { kind: 'text', of: (c) => c.labels[name.slice('label.'.length)] ?? null } : undefined,
    words: (c) => [c.id, c.user, c.client?.name ?? null, ...Object.values(c.labels)],
    sorts: {
      connectedAt: { of: (c) => c.connectedAtMs, isLive: false },
      user: { of: (c) => c.user ?? '', isLive: false },
      id: { of: (c) => c.id, isLive: false },
      rooms: moving((c) => c.memberships.size),
      inRate: moving((c) => c.inRate),
      outRate: moving((c) => c.outRate),
      pendingBytes: moving((c) => c.outbox.queuedBytes),
      rttMs: moving((c) => c.rttMs ?? -1),
      dropped: moving((c) => c.outbox.droppedDeliveries),
      lastSeenAt: moving((c) => c.lastSeenMs),
    },
    defaultSort: '-connectedAt',
    facets: { state: stateOf, client: (c) => c.client?.name ?? 'unknown' },
    row: (c) => view.row(c),
  }
}
