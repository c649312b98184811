import { z } from 'zod'
import { limits } from '../limits.js'
import { isRoomPattern } from '../room-name.js'
import { rights } from '../codes.js'
import { page, Time } from './common.js'
import { roles, verbs } from './verbs.js'

const Pattern = z
  .string()
  .refine(
    isRoomPattern,
    'a room pattern is segments of letters, digits, _ . - or *, joined by :, with a final ** for the rest',
  )
const OperatorName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_.@-]+$/)
const Password = z.string().min(12).max(200)

/** Who is asking: the signed-in operator or the API key. */
export const Me = z
  .object({
    kind: z.enum(['operator', 'key']),
    name: z.string(),
    role: z.enum(roles).nullable(),
    verbs: z.array(z.enum(verbs)),
    rooms: z.array(z.string()),
    sessionExpiresAt: Time.nullable(),
    cluster: z.string(),
    node: z.string(),
    environment: z.string(),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const SignInRequest = z
  .object({ name: OperatorName, password: z.string().min(1).max(200) })
  .meta({ id: 'SignInRequest' })
/** The token of the single-use link gives the right to choose a name and a password. */
export const FirstSignInRequest = z
  .object({ token: z.string().min(1).max(200), name: OperatorName, password: Password })
  .meta({ id: 'FirstSignInRequest' })
export type SignInRequest = z.infer<typeof SignInRequest>
export type FirstSignInRequest = z.infer<typeof FirstSignInRequest>

export const Operator = z
  .object({
    name: z.string(),
    role: z.enum(roles),
    rooms: z.array(z.string()),
    createdAt: Time,
    lastSignInAt: Time.nullable(),
    disabled: z.boolean(),
  })
  .meta({ id: 'Operator' })
export type Operator = z.infer<typeof Operator>
export const OperatorPage = page(Operator, 'OperatorPage')

export const OperatorRequest = z
  .object({ name: OperatorName, password: Password, role: z.enum(roles), rooms: z.array(Pattern).max(50).default([]) })
  .meta({ id: 'OperatorRequest' })
export type OperatorRequest = z.infer<typeof OperatorRequest>
export const OperatorPatch = z
  .object({
    role: z.enum(roles).optional(),
    rooms: z.array(Pattern).max(50).optional(),
    password: Password.optional(),
    disabled: z.boolean().optional(),
  })
  .meta({ id: 'OperatorPatch' })
export type OperatorPatch = z.infer<typeof OperatorPatch>

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    verbs: z.array(z.enum(verbs)),
    rooms: z.array(z.string()),
    createdAt: Time,
    createdBy: z.string(),
    expiresAt: Time.nullable(),
    lastUsedAt: Time.nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>
export const ApiKeyPage = page(ApiKey, 'ApiKeyPage')
export const ApiKeyRequest = z
  .object({
    name: OperatorName,
    verbs: z.array(z.enum(verbs)).min(1),
    rooms: z.array(Pattern).max(50).default([]),
    expiresAt: Time.optional(),
  })
  .meta({ id: 'ApiKeyRequest' })
export type ApiKeyRequest = z.infer<typeof ApiKeyRequest>
/** The key itself is shown once and stored only as a hash. */
export const ApiKeyCreated = z.object({ key: z.string(), record: ApiKey }).meta({ id: 'ApiKeyCreated' })
export type ApiKeyCreated = z.infer<typeof ApiKeyCreated>

export const TokenRequest = z
  .object({
    sub: z.string().min(1).max(255),
    rooms: z.record(Pattern, z.array(z.enum(rights)).min(1)),
    /** What presence says about the user. */
    info: z
      .record(z.string(), z.json())
      .refine((info) => JSON.stringify(info).length <= limits.infoBytes, `takes more than ${limits.infoBytes} bytes`)
      .optional(),
    ttlSeconds: z
      .int()
      .min(10)
      .max(30 * 86_400)
      .default(3600),
  })
  .meta({ id: 'TokenRequest' })
export type TokenRequest = z.infer<typeof TokenRequest>
export const TokenResult = z.object({ token: z.string(), expiresAt: Time }).meta({ id: 'TokenResult' })
export type TokenResult = z.infer<typeof TokenResult>
