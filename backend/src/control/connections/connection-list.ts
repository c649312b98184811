import type { ConnectionRow } from '@gatehouse/protocol/rest'
import { connectionFilter } from '../../operations/plan/connection-filter.js'
import type { Connection } from '../../realtime/connections/connection.js'
import type { Hub } from '../../realtime/hub.js'
import { filterFault } from '../lists/list-query.js'
import type { LiveList } from '../lists/list-description.js'
import { type ConnectionView, stateOf } from './connection-view.js'

/** The list of open connections. */
export function connectionList(hub: Hub, view: ConnectionView): LiveList<Connection, ConnectionRow> {
  const moving = (of: (c: Connection) => number) => ({ of, isLive: true })
  return {
    all: () => hub.connections.values(),
    find: (id) => hub.connections.get(id),
    id: (c) => c.id,
    // The same filter as bulk actions use, so that "all that match" are the ones the page shows.
    filter: (tokens) => {
      const compiled = connectionFilter(tokens, { wallMs: Date.now() })
      if (compiled.fault !== undefined) throw filterFault(compiled.fault)
      return compiled.fits
    },
    sorts: {
      connectedAt: { of: (c) => c.connectedAtMs, isLive: false },
      user: { of: (c) => c.user ?? '', isLive: false },
      id: { of: (c) => c.id, isLive: false },
      rooms: moving((c) => c.memberships.size),
      inRate: moving((c) => c.health.inRate),
      outRate: moving((c) => c.health.outRate),
      pendingBytes: moving((c) => c.outbox.queuedBytes),
      rttMs: moving((c) => c.health.rttMs ?? -1),
      dropped: moving((c) => c.outbox.droppedDeliveries),
      lastSeenAt: moving((c) => c.lastSeenMs),
    },
    defaultSort: '-connectedAt',
    facets: { state: stateOf, client: (c) => c.identity.client?.name ?? 'unknown' },
    row: (c) => view.row(c),
  }
}
