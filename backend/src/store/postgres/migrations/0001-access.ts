import { sql, type Kysely } from 'kysely'

/** Operators, their sign-ins, sign-in links and API keys. Secrets only as SHA-256 or argon2 hashes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.operators (
      name text COLLATE "C" PRIMARY KEY,
      role text NOT NULL,
      rooms text[] NOT NULL,
      password_hash text NOT NULL,
      disabled boolean NOT NULL DEFAULT false,
      created_at bigint NOT NULL,
      last_sign_in_at bigint
    )`.execute(db)
  await sql`
    CREATE TABLE gatehouse.sign_ins (
      id text PRIMARY KEY,
      secret_hash bytea NOT NULL UNIQUE,
      operator text COLLATE "C" NOT NULL REFERENCES gatehouse.operators (name) ON DELETE CASCADE,
      created_at bigint NOT NULL,
      last_seen_at bigint NOT NULL,
      expires_at bigint NOT NULL,
      address text,
      user_agent text
    )`.execute(db)
  await sql`CREATE INDEX sign_ins_by_operator ON gatehouse.sign_ins (operator)`.execute(db)
  await sql`
    CREATE TABLE gatehouse.signin_links (
      secret_hash bytea PRIMARY KEY,
      expires_at bigint NOT NULL
    )`.execute(db)
  await sql`
    CREATE TABLE gatehouse.api_keys (
      id text COLLATE "C" PRIMARY KEY,
      key_hash bytea NOT NULL UNIQUE,
      name text COLLATE "C" NOT NULL UNIQUE,
      verbs text[] NOT NULL,
      rooms text[] NOT NULL,
      created_at bigint NOT NULL,
      created_by text NOT NULL,
      expires_at bigint,
      last_used_at bigint
    )`.execute(db)
}
