import { z } from 'zod'

/** An error of the REST API, `application/problem+json` (RFC 9457). */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    /** What happened, which value, and what to do. */
    detail: z.string().optional(),
    /** A stable word for programs: `not_found`, `forbidden`, `plan_changed`. */
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    retryAfterMs: z.int().optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

/** Milliseconds since 1970, UTC. */
export const Time = z.int().nonnegative()

/** What every list takes. `filter` holds typed tokens (filter.ts), `sort` a field, `-` before it for descending. */
export const ListQuery = z.object({
  filter: z.string().max(1024).optional(),
  sort: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(2048).optional(),
})
export type ListQuery = z.infer<typeof ListQuery>

/** How many nodes the answer covers. */
export const Coverage = z.object({ answered: z.int(), of: z.int() }).meta({ id: 'Coverage' })

/** One page of a list: `total` is exact; `atLeast` takes its place where counting all would cost too much. */
export function page<T extends z.ZodType>(item: T, id: string) {
  return z
    .object({
      items: z.array(item),
      total: z.int().optional(),
      atLeast: z.int().optional(),
      /** Cursor of the next page; absent at the end. */
      next: z.string().optional(),
      nodes: Coverage,
      /** Counts by value of a few fields over all that match, for facets: `{reason: {kicked: 3}}`. */
      facets: z.record(z.string(), z.record(z.string(), z.int())).optional(),
    })
    .meta({ id })
}
export interface Page<T> {
  items: T[]
  total?: number | undefined
  atLeast?: number | undefined
  next?: string | undefined
  nodes: { answered: number; of: number }
  facets?: Record<string, Record<string, number>> | undefined
}

/** What an action answers; `audited` is false while the audit row waits in the local file for PostgreSQL. */
export const Done = z.object({ done: z.literal(true), audited: z.boolean() }).meta({ id: 'Done' })
export type Done = z.infer<typeof Done>
