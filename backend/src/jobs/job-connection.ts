/** How jobs reach PostgreSQL: a session connection, never one through a transaction pooler. */
export type JobConnection =
  | {
      readonly host: string
      readonly port: number
      readonly user: string
      readonly database: string
      readonly password?: string
    }
  | { readonly connectionString: string }

/** The schema of the database that belongs to BullMQ alone. */
export const jobSchema = 'bullmq'

/** A server that dies while it is asked may leave the question unanswered for ever. */
const connectTimeoutMs = 2000
const queryTimeoutMs = 5000

/**
 * BullMQ's connection in the form that honours `schema` and `migrate`. One connection for queries is enough, and more
 * would multiply by queues and workers; each worker listens on one of its own beside it.
 */
export function bullConnection(connection: JobConnection) {
  return {
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    ...connection,
    schema: jobSchema,
    migrate: true,
    max: 1,
  }
}
