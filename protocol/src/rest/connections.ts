import { z } from 'zod'
import { page, Time } from './common.js'
import { closeReasonNames } from '../close-reasons.js'

const connectionStates = ['authenticating', 'open', 'slow', 'paused', 'closing'] as const

/**
 * One open connection. Filter fields: `id user room client state ip pending rtt dropped since idle rooms` and
 * `label.<name>`. Sort fields: every number and `user id connectedAt`.
 */
export const ConnectionRow = z
  .object({
    id: z.string(),
    user: z.string().nullable(),
    state: z.enum(connectionStates),
    node: z.string(),
    client: z.object({ name: z.string(), version: z.string().optional() }).nullable(),
    /** As RECORD_IP allows: whole, prefix, or absent. */
    address: z.string().nullable(),
    rooms: z.int(),
    /** Messages a second, mean of the last 5 s. */
    inRate: z.number(),
    /** Deliveries a second, mean of the last 5 s. */
    outRate: z.number(),
    /** Bytes waiting: our queue plus what the socket holds. */
    pendingBytes: z.int(),
    rttMs: z.number().nullable(),
    /** Deliveries dropped since it opened. */
    dropped: z.int(),
    connectedAt: Time,
    /** When anything last arrived. */
    lastSeenAt: Time,
    labels: z.record(z.string(), z.string()),
  })
  .meta({ id: 'ConnectionRow' })
export type ConnectionRow = z.infer<typeof ConnectionRow>

export const ConnectionPage = page(ConnectionRow, 'ConnectionPage')

/** One event in the life of a connection. */
export const TimelineEntry = z
  .object({
    at: Time,
    /** `opened`, `authenticated`, `joined`, `left`, `refreshed`, `paused`, `resumed`, `slow`, `recovered`, `rate_limited`, `error`, `notified`, `closing`, `closed`. */
    kind: z.string(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'TimelineEntry' })
export type TimelineEntry = z.infer<typeof TimelineEntry>

export const Membership = z
  .object({ room: z.string(), roomType: z.string(), joinedAt: Time, rights: z.array(z.string()) })
  .meta({ id: 'Membership' })

/** One connection with everything known about it. `memberships` is cut at 200; `rooms` is the whole count. */
export const ConnectionDetail = ConnectionRow.extend({
  session: z.string().nullable(),
  encoding: z.enum(['json']),
  userAgent: z.string().nullable(),
  origin: z.string().nullable(),
  tls: z.boolean(),
  claims: z
    .object({
      subject: z.string(),
      issuer: z.string().nullable(),
      tokenId: z.string().nullable(),
      issuedAt: Time.nullable(),
      expiresAt: Time,
      rooms: z.record(z.string(), z.array(z.string())),
    })
    .nullable(),
  memberships: z.array(Membership),
  messagesIn: z.int(),
  bytesIn: z.int(),
  bytesOut: z.int(),
  deliveries: z.object({ enqueued: z.int(), written: z.int(), dropped: z.int(), discarded: z.int(), queued: z.int() }),
  errors: z.int(),
  timeline: z.array(TimelineEntry),
}).meta({ id: 'ConnectionDetail' })
export type ConnectionDetail = z.infer<typeof ConnectionDetail>

/** How a single connection is disconnected. */
export const DisconnectRequest = z
  .object({
    /** `kicked`: stay away. `force_reconnect`: may return. */
    reason: z.enum(['kicked', 'force_reconnect']),
    /** For the audit log only. */
    note: z.string().max(500).optional(),
    /** Shown to the client. */
    message: z.string().max(200).optional(),
    retryAfterMs: z.int().min(0).max(3_600_000).optional(),
  })
  .meta({ id: 'DisconnectRequest' })
export type DisconnectRequest = z.infer<typeof DisconnectRequest>

export const DisconnectResult = z
  .object({ id: z.string(), reason: z.enum(closeReasonNames), code: z.int(), audited: z.boolean() })
  .meta({ id: 'DisconnectResult' })
export type DisconnectResult = z.infer<typeof DisconnectResult>
