import { z } from 'zod'
import { Coverage, Time } from './common.js'

const Counts = z.record(z.string(), z.int())

/** The books of one node since it started: every sum holds in each snapshot. */
export const Books = z
  .object({
    /** attempts = opened + refused */
    attempts: z.int(),
    opened: z.int(),
    refused: z.int(),
    refusedByReason: Counts,
    /** opened = open + closed */
    open: z.int(),
    closed: z.int(),
    closedByReason: Counts,
    /** enqueued = written + dropped + discarded + queued */
    deliveries: z.object({
      enqueued: z.int(),
      written: z.int(),
      dropped: z.int(),
      droppedByCause: Counts,
      discarded: z.int(),
      queued: z.int(),
    }),
    bytes: z.object({ enqueued: z.int(), written: z.int(), dropped: z.int(), discarded: z.int(), queued: z.int() }),
    messagesIn: z.int(),
    published: z.int(),
    bytesIn: z.int(),
    bytesOut: z.int(),
    badRequests: z.int(),
    recordsDropped: z.int(),
  })
  .meta({ id: 'Books' })
export type Books = z.infer<typeof Books>

const Quantiles = z.object({ p50: z.number(), p99: z.number() }).nullable()

/** What one interval held. An interval without a point was not measured: draw a gap, not a zero. */
export const StatsPoint = z
  .object({
    /** Start of the interval. */
    at: Time,
    /** Length of the interval, whole seconds. */
    seconds: z.int(),
    levels: z.object({
      open: z.number(),
      authenticating: z.number(),
      users: z.number(),
      rooms: z.number(),
      memberships: z.number(),
      queuedBytes: z.number(),
      slow: z.number(),
      viewers: z.number(),
      heapBytes: z.number(),
      rssBytes: z.number(),
      /** Share of one core, 0..1 and above. */
      cpu: z.number(),
    }),
    counts: z.object({
      connects: z.int(),
      closes: z.int(),
      refusals: z.int(),
      messagesIn: z.int(),
      published: z.int(),
      enqueued: z.int(),
      written: z.int(),
      dropped: z.int(),
      discarded: z.int(),
      bytesIn: z.int(),
      bytesOut: z.int(),
      closedByReason: Counts,
      refusedByReason: Counts,
    }),
    /** Milliseconds. `delivery` is enqueue to write callback. */
    quantiles: z.object({ deliveryMs: Quantiles, rttMs: Quantiles, loopMs: Quantiles }),
  })
  .meta({ id: 'StatsPoint' })
export type StatsPoint = z.infer<typeof StatsPoint>

export const StatsQuery = z.object({
  from: z.coerce.number().int().nonnegative(),
  to: z.coerce.number().int().nonnegative(),
  /** Seconds per interval. The node uses the nearest that it keeps (1, 10 or 60) and merges to at most 720 points. */
  step: z.coerce.number().int().min(1).max(86_400).optional(),
})

/** A mark on every chart: operations as they begin, pause and end. */
export const Mark = z
  .object({ at: Time, until: Time.nullable(), kind: z.string(), label: z.string(), operation: z.string().nullable() })
  .meta({ id: 'Mark' })
export type Mark = z.infer<typeof Mark>

export const StatsSeries = z
  .object({ from: Time, to: Time, step: z.int(), points: z.array(StatsPoint), marks: z.array(Mark), nodes: Coverage })
  .meta({ id: 'StatsSeries' })
export type StatsSeries = z.infer<typeof StatsSeries>
