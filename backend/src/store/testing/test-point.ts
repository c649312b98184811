import type { StatsPoint } from '@gatehouse/protocol/rest'

type Quantiles = StatsPoint['quantiles']['deliveryMs']

/** A point for tests, which give only the fields that they need; all others are 0 or absent. */
export function testPoint(said: {
  at: number
  seconds?: number
  open?: number
  closes?: number
  closedByReason?: Record<string, number>
  deliveryMs?: Quantiles
}): StatsPoint {
  return {
    at: said.at,
    seconds: said.seconds ?? 1,
    levels: {
      open: said.open ?? 0,
      authenticating: 0,
      users: 0,
      rooms: 0,
      memberships: 0,
      queuedBytes: 0,
      slow: 0,
      viewers: 0,
      heapBytes: 0,
      rssBytes: 0,
      cpu: 0,
    },
    counts: {
      connects: 0,
      closes: said.closes ?? 0,
      refusals: 0,
      messagesIn: 0,
      published: 0,
      enqueued: 0,
      written: 0,
      dropped: 0,
      discarded: 0,
      bytesIn: 0,
      bytesOut: 0,
      closedByReason: said.closedByReason ?? {},
      refusedByReason: {},
    },
    quantiles: { deliveryMs: said.deliveryMs ?? null, rttMs: null, loopMs: null },
  }
}
