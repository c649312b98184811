import { z } from 'zod'
import { limits } from '../limits.js'

/** Where a message goes: into a room, to all connections of a user, or to one connection. */
export const PublishTarget = z
  .union([
    z.strictObject({ room: z.string().min(1).max(limits.roomNameLength) }),
    z.strictObject({ user: z.string().min(1).max(limits.tokenBytes) }),
    z.strictObject({ connection: z.string().min(1).max(100) }),
  ])
  .meta({ id: 'PublishTarget' })
export type PublishTarget = z.infer<typeof PublishTarget>

export const PublishManyRequest = z
  .strictObject({
    to: z.array(PublishTarget).min(1).max(limits.publishTargets),
    data: z.json(),
    /** Applies to each target by itself: one that already had the message under this key does not get it again. */
    key: z.string().min(1).max(limits.keyLength).optional(),
  })
  .meta({ id: 'PublishManyRequest' })
export type PublishManyRequest = z.infer<typeof PublishManyRequest>

/** The result of publishing to a room. */
export const RoomPublished = z
  .object({ epoch: z.string(), offset: z.int(), members: z.int(), duplicate: z.boolean() })
  .meta({ id: 'RoomPublished' })
export type RoomPublished = z.infer<typeof RoomPublished>

/** How many connections were sent the message; it has no offset and is not kept. */
export const DirectPublished = z.object({ connections: z.int() }).meta({ id: 'DirectPublished' })
export type DirectPublished = z.infer<typeof DirectPublished>

/** The result for one target. */
export const TargetResult = z
  .union([
    z.object({ to: PublishTarget, ok: z.union([RoomPublished, DirectPublished]) }),
    z.object({
      to: PublishTarget,
      error: z.object({
        /** The code that a request for this target alone would get: `forbidden`, `not_found`, `room_closed`. */
        code: z.string(),
        detail: z.string(),
        retryAfterMs: z.int().optional(),
      }),
    }),
  ])
  .meta({ id: 'TargetResult' })
export type TargetResult = z.infer<typeof TargetResult>

export const PublishManyResult = z
  .object({
    /** In the order asked. */
    results: z.array(TargetResult),
    /** Only for a publish by a person; one by a program is traffic and has no audit row. */
    audited: z.boolean().optional(),
  })
  .meta({ id: 'PublishManyResult' })
export type PublishManyResult = z.infer<typeof PublishManyResult>
