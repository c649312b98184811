import { sql, type Kysely } from 'kysely'

/** Hashes of revoked API keys, so that a client that still uses one is told that it was revoked, not unknown. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.revoked_api_keys (
      key_hash bytea PRIMARY KEY,
      revoked_at bigint NOT NULL
    )`.execute(db)
}
