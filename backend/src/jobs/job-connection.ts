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
const JOB_SCHEMA = 'bullmq'

/** A server that dies during a query may never answer it. */
const CONNECT_TIMEOUT_MS = 2000
const QUERY_TIMEOUT_MS = 5000

/**
 * BullMQ's connection in the form that honours `schema` and `migrate`. One connection for queries is enough, and more
 * would multiply by queues and workers; each worker has one more for listening.
 */
export function bullConnection(connection: JobConnection) {
  return {
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    ...connection,
    schema: JOB_SCHEMA,
    migrate: true,
    max: 1,
  }
}
