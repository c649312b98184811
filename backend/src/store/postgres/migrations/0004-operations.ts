import { sql, type Kysely } from 'kysely'

/** Plans, operations and the answers kept for idempotency keys. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.operations (
      id text COLLATE "C" PRIMARY KEY,
      kind text NOT NULL,
      node text NOT NULL,
      state text NOT NULL,
      by text NOT NULL,
      epoch bigint NOT NULL,
      holds boolean NOT NULL,
      created_at bigint NOT NULL,
      started_at bigint,
      ended_at bigint,
      plan jsonb NOT NULL,
      operation jsonb NOT NULL,
      cursor jsonb NOT NULL
    )`.execute(db)
  await sql`CREATE INDEX operations_by_time ON gatehouse.operations (created_at, id)`.execute(db)
  await sql`
    CREATE INDEX operations_open ON gatehouse.operations (node) WHERE ended_at IS NULL OR holds`.execute(db)
  await sql`
    CREATE TABLE gatehouse.plans (
      id text PRIMARY KEY,
      expires_at bigint NOT NULL,
      body jsonb NOT NULL
    )`.execute(db)
  await sql`
    CREATE TABLE gatehouse.idempotency (
      actor text NOT NULL,
      key text NOT NULL,
      fingerprint text NOT NULL,
      taken_at bigint NOT NULL,
      status integer,
      body json,
      PRIMARY KEY (actor, key)
    )`.execute(db)
  await sql`CREATE INDEX idempotency_by_time ON gatehouse.idempotency (taken_at)`.execute(db)
}
