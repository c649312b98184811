import { sql, type Kysely } from 'kysely'

/** Close records and refusals, one partition per day: dropping a day is cheap, deleting its rows would not be. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.close_records (
      closed_at bigint NOT NULL,
      id text COLLATE "C" NOT NULL,
      node text NOT NULL,
      reason text NOT NULL,
      code integer,
      user_id text,
      address text,
      network cidr,
      client text,
      rooms text[] NOT NULL,
      actor text,
      operation text,
      duration_ms bigint NOT NULL,
      pending_bytes bigint NOT NULL,
      reconnected_as text,
      body jsonb NOT NULL,
      PRIMARY KEY (closed_at, id)
    ) PARTITION BY RANGE (closed_at)`.execute(db)
  await sql`CREATE INDEX close_records_by_id ON gatehouse.close_records (id)`.execute(db)
  await sql`CREATE INDEX close_records_by_user ON gatehouse.close_records (user_id, closed_at)`.execute(db)
  await sql`CREATE INDEX close_records_by_operation ON gatehouse.close_records (operation, closed_at)`.execute(db)
  await sql`
    CREATE TABLE gatehouse.refusals (
      at bigint NOT NULL,
      id text COLLATE "C" NOT NULL,
      node text NOT NULL,
      reason text NOT NULL,
      status integer,
      address text,
      network cidr,
      origin text,
      user_agent text,
      user_id text,
      evidence jsonb NOT NULL,
      suppressed integer NOT NULL,
      PRIMARY KEY (at, id)
    ) PARTITION BY RANGE (at)`.execute(db)
  await sql`CREATE INDEX refusals_by_id ON gatehouse.refusals (id)`.execute(db)
}
