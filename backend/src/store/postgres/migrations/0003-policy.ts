import { sql, type Kysely } from 'kysely'

/** Bans and closed rooms. Each has a revision that every change raises, so that nodes read them only after a change. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.bans (
      id text COLLATE "C" PRIMARY KEY,
      kind text NOT NULL CHECK (kind IN ('user', 'address')),
      value text COLLATE "C" NOT NULL,
      reason text NOT NULL,
      message text,
      by text NOT NULL,
      created_at bigint NOT NULL,
      expires_at bigint,
      UNIQUE (kind, value)
    )`.execute(db)
  await sql`
    CREATE TABLE gatehouse.room_states (
      room text COLLATE "C" PRIMARY KEY,
      reason text NOT NULL,
      message text,
      by text NOT NULL,
      at bigint NOT NULL,
      reopens_at bigint
    )`.execute(db)
  await sql`CREATE TABLE gatehouse.revisions (name text PRIMARY KEY, value bigint NOT NULL)`.execute(db)
  await sql`INSERT INTO gatehouse.revisions VALUES ('bans', 1), ('room_states', 1)`.execute(db)
}
