import type { Books, StatsPoint } from '@gatehouse/protocol/rest'

/** What happened in an interval, from the books at its two ends. Reasons that did not occur are left out. */
export function statsPoint(
  interval: { readonly at: number; readonly seconds: number },
  before: Books,
  after: Books,
  levels: StatsPoint['levels'],
  quantiles: StatsPoint['quantiles'],
): StatsPoint {
  return {
    at: interval.at,
    seconds: interval.seconds,
    levels,
    counts: {
      connects: after.opened - before.opened,
      closes: after.closed - before.closed,
      refusals: after.refused - before.refused,
      messagesIn: after.messagesIn - before.messagesIn,
      published: after.published - before.published,
      enqueued: after.deliveries.enqueued - before.deliveries.enqueued,
      written: after.deliveries.written - before.deliveries.written,
      dropped: after.deliveries.dropped - before.deliveries.dropped,
      discarded: after.deliveries.discarded - before.deliveries.discarded,
      bytesIn: after.bytesIn - before.bytesIn,
      bytesOut: after.bytesOut - before.bytesOut,
      closedByReason: difference(before.closedByReason, after.closedByReason),
      refusedByReason: difference(before.refusedByReason, after.refusedByReason),
    },
    quantiles,
  }
}

function difference(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const changed: Record<string, number> = {}
  for (const [name, count] of Object.entries(after)) {
    const grown = count - (before[name] ?? 0)
    if (grown !== 0) changed[name] = grown
  }
  return changed
}
