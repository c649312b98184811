import { z } from 'zod'
import { Time } from './common.js'
import { Books } from './stats.js'

export const nodeStates = ['ready', 'draining', 'drained', 'degraded'] as const

export const NodeStatus = z
  .object({
    id: z.string(),
    cluster: z.string(),
    /** `production` or `development`. */
    environment: z.string(),
    version: z.string(),
    runtime: z.string(),
    pid: z.int(),
    startedAt: Time,
    now: Time,
    state: z.enum(nodeStates),
    /** Why it is not simply ready, in sentences. */
    notes: z.array(z.string()),
    open: z.int(),
    authenticating: z.int(),
    connectionLimit: z.int(),
    users: z.int(),
    rooms: z.int(),
    memberships: z.int(),
    viewers: z.int(),
    loopP99Ms: z.number(),
    cpu: z.number(),
    heapBytes: z.int(),
    rssBytes: z.int(),
    openFiles: z.int().nullable(),
    fileLimit: z.int().nullable(),
    store: z.object({ state: z.enum(['up', 'down']), kind: z.enum(['embedded', 'external']), since: Time }),
    /** All histories in this node's memory, and their budget. */
    history: z.object({ rooms: z.int(), messages: z.int(), bytes: z.int(), budgetBytes: z.int() }),
    bansAgeMs: z.int(),
    recordsWaiting: z.int(),
    recordsDropped: z.int(),
    auditWaiting: z.int(),
    /** The operation that holds or drains this node now. */
    operation: z.string().nullable(),
    gateway: z.object({ url: z.string(), tls: z.boolean() }),
    control: z.object({ url: z.string(), tls: z.boolean() }),
    books: Books,
    /** Settings that differ from their defaults; secrets only as "set". */
    settings: z.array(z.object({ name: z.string(), value: z.string(), isDefault: z.boolean() })),
  })
  .meta({ id: 'NodeStatus' })
export type NodeStatus = z.infer<typeof NodeStatus>
