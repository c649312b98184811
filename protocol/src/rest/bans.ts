import { z } from 'zod'
import { page, Time } from './common.js'

const banKinds = ['user', 'address'] as const

export const BanRequest = z
  .object({
    kind: z.enum(banKinds),
    /** A user (`sub`), or an address: IPv4, IPv6, or a range in CIDR form. */
    value: z.string().min(1).max(255),
    reason: z.string().min(1).max(200),
    message: z.string().max(200).optional(),
    /** Absent: the ban never ends. */
    expiresAt: Time.optional(),
  })
  .meta({ id: 'BanRequest' })
export type BanRequest = z.infer<typeof BanRequest>

/** Filter fields: `kind value reason by`. Sort fields: `createdAt expiresAt value`. */
export const Ban = z
  .object({
    id: z.string(),
    kind: z.enum(banKinds),
    value: z.string(),
    reason: z.string(),
    message: z.string().nullable(),
    by: z.string(),
    createdAt: Time,
    expiresAt: Time.nullable(),
    /** Attempts it has turned away since the node started. */
    hits: z.int(),
  })
  .meta({ id: 'Ban' })
export type Ban = z.infer<typeof Ban>
export const BanPage = page(Ban, 'BanPage')

export const BanResult = z.object({ ban: Ban, disconnected: z.int() }).meta({ id: 'BanResult' })
export type BanResult = z.infer<typeof BanResult>

/** Who a ban would hit now. */
export const BanPreview = z
  .object({ connections: z.int(), users: z.int(), sample: z.array(z.string()) })
  .meta({ id: 'BanPreview' })
export type BanPreview = z.infer<typeof BanPreview>
