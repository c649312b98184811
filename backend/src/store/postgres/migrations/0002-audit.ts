import { sql, type Kysely } from 'kysely'

/**
 * The audit log and its head. `detail` is json, not jsonb, so that the hashed text comes back unchanged. Triggers
 * refuse changes to rows even by the owner: tampering must be deliberate, and the hash chain shows it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gatehouse.audit (
      seq bigint PRIMARY KEY,
      entry_id text NOT NULL UNIQUE,
      at bigint NOT NULL,
      actor text NOT NULL,
      actor_kind text NOT NULL,
      action text NOT NULL,
      target text,
      outcome text NOT NULL,
      address text,
      request_id text,
      detail json NOT NULL,
      hash text NOT NULL
    )`.execute(db)
  await sql`CREATE INDEX audit_by_time ON gatehouse.audit (at)`.execute(db)
  await sql`
    CREATE TABLE gatehouse.audit_head (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      seq bigint NOT NULL,
      hash text NOT NULL
    )`.execute(db)
  await sql`INSERT INTO gatehouse.audit_head (seq, hash) VALUES (0, repeat('0', 64))`.execute(db)
  await sql`
    CREATE FUNCTION gatehouse.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the audit log only takes new rows (% refused)', TG_OP USING ERRCODE = 'insufficient_privilege';
    END $$`.execute(db)
  await sql`
    CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON gatehouse.audit
    FOR EACH ROW EXECUTE FUNCTION gatehouse.refuse_audit_change()`.execute(db)
  await sql`
    CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON gatehouse.audit
    FOR EACH STATEMENT EXECUTE FUNCTION gatehouse.refuse_audit_change()`.execute(db)
  await sql`ALTER TABLE gatehouse.audit ENABLE ALWAYS TRIGGER audit_rows_stay`.execute(db)
  await sql`ALTER TABLE gatehouse.audit ENABLE ALWAYS TRIGGER audit_table_stays`.execute(db)
  await sql`REVOKE UPDATE, DELETE, TRUNCATE ON gatehouse.audit FROM PUBLIC`.execute(db)
}
