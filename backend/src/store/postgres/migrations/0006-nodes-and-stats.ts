import { sql, type Kysely } from 'kysely'

/** Measured intervals in three resolutions, the nodes' last heartbeats, and the store's own settings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.stats (
      node text NOT NULL,
      resolution smallint NOT NULL CHECK (resolution IN (1, 10, 60)),
      at bigint NOT NULL,
      point jsonb NOT NULL,
      PRIMARY KEY (node, resolution, at)
    )`.execute(db)
  await sql`
    CREATE TABLE gatehouse.nodes (
      node text PRIMARY KEY,
      started_at bigint NOT NULL,
      version text NOT NULL,
      heartbeat_at bigint NOT NULL,
      open integer NOT NULL,
      books jsonb NOT NULL,
      stopped boolean NOT NULL
    )`.execute(db)
  await sql`CREATE TABLE gatehouse.settings (name text PRIMARY KEY, value text NOT NULL)`.execute(db)
}
