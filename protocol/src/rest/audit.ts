import { z } from 'zod'
import { page, Time } from './common.js'

/** One row of the hash-chained audit log. Filter fields: `actor action outcome target since before`. Sort: `seq`. */
export const AuditRow = z
  .object({
    seq: z.int(),
    at: Time,
    actor: z.string(),
    /** `operator`, `key`, `system` or `anonymous`. */
    actorKind: z.string(),
    /** A verb in the past tense: `connection.disconnected`, `room.closed`, `operation.paused`, `signin.failed`. */
    action: z.string(),
    target: z.string().nullable(),
    outcome: z.enum(['ok', 'denied', 'failed']),
    address: z.string().nullable(),
    requestId: z.string().nullable(),
    /** Before, after, note and counts, where they exist. */
    detail: z.record(z.string(), z.unknown()),
    hash: z.string(),
  })
  .meta({ id: 'AuditRow' })
export type AuditRow = z.infer<typeof AuditRow>
export const AuditPage = page(AuditRow, 'AuditPage')

/** Whether the chain holds from the first row to the last. */
export const AuditCheck = z
  .object({ rows: z.int(), intact: z.boolean(), brokenAt: z.int().nullable(), head: z.string().nullable() })
  .meta({ id: 'AuditCheck' })
export type AuditCheck = z.infer<typeof AuditCheck>
