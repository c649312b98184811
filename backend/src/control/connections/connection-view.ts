import type { ConnectionDetail, ConnectionRow } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'

/** How many of a connection's rooms are shown. */
const ROOMS_SHOWN = 200

/** A connection's state in one word; for an open one, trouble (paused, slow) takes precedence. */
export function stateOf(connection: Connection): ConnectionRow['state'] {
  if (connection.state !== 'open') return connection.state
  if (connection.isPaused) return 'paused'
  return connection.isSlow ? 'slow' : 'open'
}

/** People need one decimal. */
const tenth = (value: number): number => Math.round(value * 10) / 10

/** How connections look in lists and on their own page. */
export class ConnectionView {
  constructor(
    private readonly nodeId: string,
    /** As RECORD_IP allows: the whole address, its prefix, or null. */
    private readonly addressShown: (address: string) => string | null,
  ) {}

  row(c: Connection): ConnectionRow {
    return {
      id: c.id,
      user: c.user,
      state: stateOf(c),
      node: this.nodeId,
      client: clientOf(c),
      address: this.addressShown(c.openedBy.address),
      rooms: c.memberships.size,
      inRate: tenth(c.health.inRate),
      outRate: tenth(c.health.outRate),
      pendingBytes: c.outbox.queuedBytes,
      rttMs: c.health.rttMs === null ? null : tenth(c.health.rttMs),
      dropped: c.outbox.droppedDeliveries,
      connectedAt: Math.round(c.connectedAtMs),
      lastSeenAt: c.lastSeenMs,
      labels: { ...c.identity.labels },
    }
  }

  detail(c: Connection): ConnectionDetail {
    const { token, outbox, openedBy } = c
    return {
      ...this.row(c),
      session: c.session,
      encoding: 'json',
      userAgent: openedBy.userAgent,
      origin: openedBy.origin,
      tls: openedBy.isTls,
      claims:
        token === null
          ? null
          : {
              subject: token.subject,
              issuer: token.issuer,
              tokenId: token.tokenId,
              issuedAt: token.issuedAt,
              expiresAt: token.expiresAt,
              rooms: Object.fromEntries([...token.rooms].map(([pattern, rights]) => [pattern, [...rights]])),
            },
      memberships: [...c.memberships.values()].slice(0, ROOMS_SHOWN).map(({ room, joinedAt, grant }) => ({
        room: room.name,
        roomType: room.type.pattern,
        joinedAt,
        rights: grant.names(),
      })),
      messagesIn: c.health.messagesIn,
      bytesIn: c.health.bytesIn,
      bytesOut: c.outbox.writtenBytes,
      deliveries: {
        enqueued: outbox.enqueuedDeliveries,
        written: outbox.writtenDeliveries,
        dropped: outbox.droppedDeliveries,
        discarded: outbox.discardedDeliveries,
        queued: outbox.queuedDeliveries,
      },
      errors: c.health.errors,
      timeline: c.timeline(),
    }
  }
}

function clientOf({ identity: { client } }: Connection): ConnectionRow['client'] {
  return client === null
    ? null
    : { name: client.name, ...(client.version === undefined ? {} : { version: client.version }) }
}
