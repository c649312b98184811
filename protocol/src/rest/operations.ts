import { z } from 'zod'
import { page, Time } from './common.js'

const operationKinds = ['drain', 'disconnect'] as const
export const operationStates = ['prepare', 'notify', 'run', 'pause', 'finish', 'done', 'cancelled', 'failed'] as const
export type OperationState = (typeof operationStates)[number]

export const OperationParameters = z
  .object({
    /** How long the paced part takes, milliseconds; the rate follows from it. */
    durationMs: z.int().min(1000).max(86_400_000).optional(),
    /** Closes a second; wins over durationMs. */
    rate: z.number().min(0.1).max(100_000).optional(),
    /** How long `/readyz` answers 503 while connections are still accepted. */
    lbWaitMs: z.int().min(0).max(600_000).optional(),
    /** Between the notice to the clients and the first close. */
    noticeMs: z.int().min(0).max(600_000).optional(),
    flushTimeoutMs: z.int().min(0).max(60_000).optional(),
    closeTimeoutMs: z.int().min(100).max(60_000).optional(),
    /** Latest end of the paced part, from its start; what is left then is closed at finishRate. */
    deadlineMs: z.int().min(1000).max(86_400_000).optional(),
    order: z.enum(['idle', 'random', 'newest', 'fewest_rooms']).optional(),
    onDone: z.enum(['hold', 'serve']).optional(),
    /** disconnect only: which reason the clients get. */
    disconnectReason: z.enum(['kicked', 'force_reconnect']).optional(),
    message: z.string().max(200).optional(),
    retryAfterMs: z.int().min(0).max(3_600_000).optional(),
  })
  .meta({ id: 'OperationParameters' })
export type OperationParameters = z.infer<typeof OperationParameters>

export const OperationTarget = z
  .object({
    /** A node id; absent: this node. */
    node: z.string().optional(),
    /** disconnect: every connection the filter matches … */
    filter: z.string().max(1024).optional(),
    /** … or exactly these. */
    ids: z.array(z.string()).max(10_000).optional(),
  })
  .meta({ id: 'OperationTarget' })
export type OperationTarget = z.infer<typeof OperationTarget>

/** Either a plan to make (`dryRun: true`) or the plan to run (`planId`). */
export const OperationRequest = z
  .object({
    kind: z.enum(['drain', 'disconnect', 'closeRoom', 'announce']).optional(),
    target: OperationTarget.optional(),
    parameters: OperationParameters.optional(),
    reason: z.string().min(1).max(500).optional(),
    dryRun: z.literal(true).optional(),
    planId: z.string().optional(),
    /** With planId: begin at this time instead of now. */
    startAt: Time.optional(),
    force: z.boolean().optional(),
  })
  .meta({ id: 'OperationRequest' })
export type OperationRequest = z.infer<typeof OperationRequest>

export const Plan = z
  .object({
    planId: z.string(),
    kind: z.enum(operationKinds),
    target: OperationTarget,
    node: z.string(),
    /** All parameters with their defaults filled in. */
    parameters: OperationParameters,
    reason: z.string(),
    blast: z.object({
      connections: z.int(),
      users: z.int(),
      /** Users who lose their only connection. */
      usersLeftWithNone: z.int(),
      roomsEmptied: z.int(),
      messagesPerSecond: z.number(),
    }),
    estimate: z.object({ rate: z.number(), totalMs: z.int(), pacedMs: z.int() }),
    /** Sentences a person should read before running it. */
    warnings: z.array(z.string()),
    sample: z.array(z.object({ id: z.string(), user: z.string().nullable(), rooms: z.int(), pendingBytes: z.int() })),
    /** What must be typed to confirm: the object's name; null where nothing must be typed. */
    confirm: z.string().nullable(),
    createdAt: Time,
    expiresAt: Time,
  })
  .meta({ id: 'Plan' })
export type Plan = z.infer<typeof Plan>

export const Buckets = z
  .object({
    migratedEarly: z.int(),
    closedClean: z.int(),
    forced: z.int(),
    leftOnTheirOwn: z.int(),
    remaining: z.int(),
  })
  .meta({ id: 'Buckets' })
export type Buckets = z.infer<typeof Buckets>

export const Progress = z
  .object({
    /** Connections the operation began with. */
    initial: z.int(),
    /** Connections that came later and are in its scope. */
    late: z.int(),
    buckets: Buckets,
    /** initial + late − the four ends − remaining; 0 when the books balance. */
    unaccounted: z.int(),
    targetRate: z.number(),
    /** Closes a second over the last 10 s of the paced part. */
    achievedRate: z.number(),
    /** Expected end, or null while it cannot be known. */
    etaAt: Time.nullable(),
    /** When the plan would have ended. */
    plannedEndAt: Time.nullable(),
    deadlineAt: Time.nullable(),
    /** A sentence: what it does now and why. */
    note: z.string(),
  })
  .meta({ id: 'Progress' })
export type Progress = z.infer<typeof Progress>

export const BurnPoint = z.object({
  at: Time,
  remaining: z.int(),
  planned: z.number(),
  closes: z.int(),
  target: z.number(),
})
export type BurnPoint = z.infer<typeof BurnPoint>

export const Operation = z
  .object({
    id: z.string(),
    kind: z.enum(operationKinds),
    state: z.enum(operationStates),
    node: z.string(),
    target: OperationTarget,
    parameters: OperationParameters,
    reason: z.string(),
    by: z.string(),
    createdAt: Time,
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    /** When each state was entered, in order. */
    phases: z.array(z.object({ state: z.enum(operationStates), at: Time, by: z.string().nullable() })),
    plan: Plan.pick({ planId: true, blast: true, estimate: true }),
    progress: Progress,
    failure: z.string().nullable(),
    /** A drain that is done and still holds the node out of service. */
    holds: z.boolean(),
  })
  .meta({ id: 'Operation' })
export type Operation = z.infer<typeof Operation>

export const OperationDetail = Operation.extend({
  /** One point a second of the paced part, thinned to at most 600. */
  burnDown: z.array(BurnPoint),
  stragglers: z.array(
    z.object({ id: z.string(), user: z.string().nullable(), why: z.string(), pendingBytes: z.int() }),
  ),
  codes: z.record(z.string(), z.int()),
}).meta({ id: 'OperationDetail' })
export type OperationDetail = z.infer<typeof OperationDetail>

/** Filter fields: `kind state by`. Sort fields: `createdAt`. */
export const OperationPage = page(Operation, 'OperationPage')
export const OperationPatch = z.object({ rate: z.number().min(0.1).max(100_000) }).meta({ id: 'OperationPatch' })
export type OperationPatch = z.infer<typeof OperationPatch>
