import { sql, type Kysely } from 'kysely'

/** What revoked keys were, by their hash: whoever still uses one is told that it was revoked, and not that it is unknown. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.revoked_api_keys (
      key_hash bytea PRIMARY KEY,
      revoked_at bigint NOT NULL
    )`.execute(db)
}
