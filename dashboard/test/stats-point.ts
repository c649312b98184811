import type { StatsPoint } from '@gatehouse/protocol/rest'

interface Differences {
  readonly seconds?: number
  readonly levels?: Partial<StatsPoint['levels']>
  readonly counts?: Partial<StatsPoint['counts']>
  readonly quantiles?: Partial<StatsPoint['quantiles']>
}

/** A point at an instant with zeros, except for what is given. */
export function statsPoint(at: number, differences: Differences = {}): StatsPoint {
  return {
    at,
    seconds: differences.seconds ?? 1,
    levels: {
      open: 0,
      authenticating: 0,
      users: 0,
      rooms: 0,
      memberships: 0,
      queuedBytes: 0,
      slow: 0,
      viewers: 1,
      heapBytes: 0,
      rssBytes: 0,
      cpu: 0,
      ...differences.levels,
    },
    counts: {
      connects: 0,
      closes: 0,
      refusals: 0,
      messagesIn: 0,
      published: 0,
      enqueued: 0,
      written: 0,
      dropped: 0,
      discarded: 0,
      bytesIn: 0,
      bytesOut: 0,
      closedByReason: {},
      refusedByReason: {},
      ...differences.counts,
    },
    quantiles: { deliveryMs: null, rttMs: null, loopMs: null, ...differences.quantiles },
  }
}
