import { z } from 'zod'
import { isBase64 } from '../decode.js'
import { dropCauses, recoveryResults } from '../codes.js'
import { ListQuery, type Page, page, Time } from './common.js'

/** One room. Filter fields: `name type state members rate`. Sort fields: `name members rate offset openedAt`. */
export const RoomRow = z
  .object({
    name: z.string(),
    type: z.string(),
    kind: z.enum(['ephemeral', 'recoverable', 'latest']),
    state: z.enum(['open', 'closed']),
    members: z.int(),
    epoch: z.string().nullable(),
    offset: z.int(),
    /** Messages a second, mean of the last 5 s. */
    rate: z.number(),
    openedAt: Time.nullable(),
    lastMessageAt: Time.nullable(),
    closed: z
      .object({
        reason: z.string(),
        message: z.string().nullable(),
        by: z.string(),
        at: Time,
        reopensAt: Time.nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'RoomRow' })
export type RoomRow = z.infer<typeof RoomRow>
export const RoomPage = page(RoomRow, 'RoomPage')

export const RoomDetail = RoomRow.extend({
  memberLimit: z.int().nullable(),
  slowPolicy: z.enum(['disconnect', 'drop_oldest', 'conflate']),
  /** Who is told which users are in the room: nobody, whoever asks, or also its members by push. */
  presence: z.enum(['none', 'asked', 'pushed']),
  deliveries: z.object({
    enqueued: z.int(),
    written: z.int(),
    dropped: z.int(),
    droppedByCause: z.record(z.enum(dropCauses), z.int()),
    discarded: z.int(),
    queued: z.int(),
  }),
  /** The type's limits and what is held within them; null where the type keeps nothing. */
  history: z
    .object({
      count: z.int(),
      bytes: z.int(),
      ageMs: z.int(),
      heldMessages: z.int(),
      heldBytes: z.int(),
      oldestAt: Time.nullable(),
    })
    .nullable(),
  /** Joins with `since`, by what became of them, since the room opened here. */
  recoveries: z.record(z.enum(recoveryResults), z.int()),
  /** How far its members have confirmed it, in messages; null where its type keeps no receipts. */
  receipts: z
    .object({
      /** Members that have confirmed something, of all members. */
      acked: z.int(),
      members: z.int(),
      maxLag: z.int(),
      medianLag: z.int(),
    })
    .nullable(),
}).meta({ id: 'RoomDetail' })
export type RoomDetail = z.infer<typeof RoomDetail>

/** One member of a room. Filter fields: `user id client lag`. Sort fields: `user joinedAt pendingBytes lag`. */
export const MemberRow = z
  .object({
    connection: z.string(),
    user: z.string(),
    client: z.string().nullable(),
    joinedAt: Time,
    pendingBytes: z.int(),
    rights: z.array(z.string()),
    /** The highest offset it confirmed; null before the first, and where the room's type keeps no receipts. */
    acked: z.int().nullable(),
    /** Messages it has not confirmed since then, or since it joined; null where the room's type keeps no receipts. */
    lag: z.int().nullable(),
  })
  .meta({ id: 'MemberRow' })
export type MemberRow = z.infer<typeof MemberRow>
export const MemberPage = page(MemberRow, 'MemberPage')

/**
 * What one user has confirmed of a room. Every user who confirmed anything in its epoch has a row, and so has every
 * member. Filter fields: `user offset lag received member`. Sort fields: `user offset at lag`.
 */
export const ReceiptRow = z
  .object({
    user: z.string(),
    /** The highest offset it confirmed, and when it did; null where it confirmed none. */
    offset: z.int().nullable(),
    at: Time.nullable(),
    /** Messages it has not confirmed since then, or since it joined. */
    lag: z.int(),
    /** Whether it confirmed the message asked for. */
    received: z.boolean(),
    /** Whether it is in the room now. */
    member: z.boolean(),
  })
  .meta({ id: 'ReceiptRow' })
export type ReceiptRow = z.infer<typeof ReceiptRow>

/** `offset` names a message of the room's epoch; the newest where it is left out. */
export const ReceiptQuery = ListQuery.extend({ offset: z.coerce.number().int().min(1).optional() })
export type ReceiptQuery = z.infer<typeof ReceiptQuery>

export const ReceiptPage = page(ReceiptRow, 'ReceiptRows')
  .extend({
    /** The room's epoch, and the message asked for. */
    epoch: z.string().nullable(),
    offset: z.int(),
    /** Users that have and have not confirmed it, whatever the filter. */
    received: z.int(),
    notReceived: z.int(),
    /** Users whose receipts were dropped for newer ones: a room keeps 10,000. */
    forgotten: z.int(),
  })
  .meta({ id: 'ReceiptPage' })
export interface ReceiptPage extends Page<ReceiptRow> {
  epoch: string | null
  offset: number
  received: number
  notReceived: number
  forgotten: number
}

export const PublishRequest = z
  .object({
    data: z.json().optional(),
    /** Bytes in base64, in place of `data`. */
    data64: z.string().refine(isBase64, 'data64 must be base64 with padding').optional(),
    key: z.string().min(1).max(64).optional(),
  })
  .refine(({ data, data64 }) => (data === undefined) !== (data64 === undefined), 'send either data or data64')
  .meta({ id: 'PublishRequest' })
export type PublishRequest = z.infer<typeof PublishRequest>
export const PublishResult = z
  .object({
    room: z.string(),
    epoch: z.string(),
    offset: z.int(),
    members: z.int(),
    duplicate: z.boolean(),
    /** Only for a publish by a person; one by a program is traffic and has no audit row. */
    audited: z.boolean().optional(),
  })
  .meta({ id: 'PublishResult' })
export type PublishResult = z.infer<typeof PublishResult>

export const CloseRoomRequest = z
  .object({
    /** A short word or phrase, shown in the audit and in the push. */
    reason: z.string().min(1).max(100),
    message: z.string().max(200).optional(),
    /** When the room reopens by itself; absent: somebody has to reopen it. */
    reopensAt: Time.optional(),
    note: z.string().max(500).optional(),
  })
  .meta({ id: 'CloseRoomRequest' })
export type CloseRoomRequest = z.infer<typeof CloseRoomRequest>
