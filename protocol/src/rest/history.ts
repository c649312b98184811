import { z } from 'zod'
import { limits } from '../limits.js'

/** Which part of a room's history to read, as `history` of the protocol takes it. */
export const HistoryQuery = z.object({
  /** `epoch,offset`: the page has what follows it, or with `reverse` what precedes it. */
  since: z
    .string()
    .regex(/^[^,\s]{1,64},\d{1,15}$/, 'must be epoch,offset')
    .optional(),
  limit: z.coerce.number().int().min(1).max(limits.historyMessages).default(limits.historyDefault),
  reverse: z.enum(['true', 'false']).default('false'),
})
export type HistoryQuery = z.infer<typeof HistoryQuery>

/** A message as members received it. */
export const KeptMessage = z
  .object({
    event: z.literal('message'),
    room: z.string(),
    offset: z.int(),
    /** On the first message of an epoch. */
    epoch: z.string().optional(),
    data: z.json().optional(),
    /** A payload of bytes, as base64. */
    data64: z.string().optional(),
    from: z.union([z.object({ user: z.string() }), z.object({ service: z.string() })]).optional(),
  })
  .meta({ id: 'KeptMessage' })

export const HistoryPage = z
  .object({
    room: z.string(),
    epoch: z.string(),
    /** Newest offset of the room. */
    offset: z.int(),
    /** In the direction asked. */
    messages: z.array(KeptMessage),
    /** There is more in that direction. */
    more: z.boolean(),
    /** Why the page is empty (`epoch_changed`) or begins later than asked (`trimmed`, `expired`). */
    reason: z.string().optional(),
  })
  .meta({ id: 'HistoryPage' })
export type HistoryPage = z.infer<typeof HistoryPage>

export const HistoryCleared = z
  .object({
    room: z.string(),
    /** The new epoch; a client that resumes from another is told `epoch_changed`. */
    epoch: z.string(),
    /** How many messages were kept until then; null where that is not known. */
    messages: z.int().nullable(),
    audited: z.boolean(),
  })
  .meta({ id: 'HistoryCleared' })
export type HistoryCleared = z.infer<typeof HistoryCleared>
