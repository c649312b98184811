import { z } from 'zod'
import { page, Time } from './common.js'
import { closeReasonNames } from '../close-reasons.js'
import { refusalReasonNames } from '../refusal-reasons.js'

const initiators = ['client', 'network', 'policy', 'server', 'operator', 'unknown'] as const

/**
 * Why and how one connection ended. Filter fields: `id user reason initiator code client ip room since before operation
 * actor label`. Sort fields: `closedAt durationMs pendingBytes`.
 */
export const CloseRecord = z
  .object({
    /** The connection's id, which is its close id. */
    id: z.string(),
    node: z.string(),
    reason: z.enum(closeReasonNames),
    initiator: z.enum(initiators),
    /** Code in the close frame, or what the client saw; null when none exists. */
    code: z.int().nullable(),
    /** What happened, in words with the evidence. */
    sentence: z.string(),
    cure: z.string(),
    user: z.string().nullable(),
    session: z.string().nullable(),
    address: z.string().nullable(),
    client: z.object({ name: z.string(), version: z.string().optional() }).nullable(),
    connectedAt: Time,
    closedAt: Time,
    durationMs: z.int(),
    /** Whether both sides exchanged close frames. */
    clean: z.boolean(),
    actor: z.string().nullable(),
    operation: z.string().nullable(),
    evidence: z.record(z.string(), z.unknown()),
    rooms: z.array(z.string()),
    messagesIn: z.int(),
    bytesIn: z.int(),
    bytesOut: z.int(),
    deliveries: z.object({ enqueued: z.int(), written: z.int(), dropped: z.int(), discarded: z.int() }),
    pendingBytes: z.int(),
    lastRttMs: z.number().nullable(),
    /** The connection that continued the same session, if there was one. */
    reconnectedAs: z.string().nullable(),
    /** How many connections an aggregate (`node_lost`) stands for; 1 otherwise. */
    count: z.int(),
  })
  .meta({ id: 'CloseRecord' })
export type CloseRecord = z.infer<typeof CloseRecord>
export const CloseRecordPage = page(CloseRecord, 'CloseRecordPage')

/** A close record with the connection's last timeline, for `/c/<id>`. */
export const CloseRecordDetail = CloseRecord.extend({
  timeline: z.array(z.object({ at: Time, kind: z.string(), detail: z.string().nullable() })),
}).meta({ id: 'CloseRecordDetail' })
export type CloseRecordDetail = z.infer<typeof CloseRecordDetail>

/** Why one opening request was turned away. Filter fields: `id reason status ip origin user since before`. Sort: `at`. */
export const Refusal = z
  .object({
    id: z.string(),
    node: z.string(),
    at: Time,
    reason: z.enum(refusalReasonNames),
    status: z.int().nullable(),
    sentence: z.string(),
    cure: z.string(),
    address: z.string().nullable(),
    origin: z.string().nullable(),
    userAgent: z.string().nullable(),
    user: z.string().nullable(),
    evidence: z.record(z.string(), z.unknown()),
    /** Refusals of the same reason and address prefix that this row also stands for. */
    suppressed: z.int(),
  })
  .meta({ id: 'Refusal' })
export type Refusal = z.infer<typeof Refusal>
export const RefusalPage = page(Refusal, 'RefusalPage')
