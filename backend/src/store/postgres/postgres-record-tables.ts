import { sql } from 'kysely'
import { formatRange, parseRange } from '../address-range.js'
import type { CloseEntry } from '../records/close-entry.js'
import type { RecordTables, Succession } from '../records/record-book.js'
import type { RefusalEntry } from '../records/refusal-entry.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { DayPartitions } from './day-partitions.js'
import { isRefusedValue, sqlState } from './outage.js'
import { storableJson } from './storable.js'
import type { Database } from './tables.js'

/** The SQLSTATE for a row without a matching partition. */
const NO_PARTITION = '23514'

/** Writes batches of records, each batch as one statement with one JSON parameter. */
export class PostgresRecordTables implements RecordTables {
  readonly #db: Database
  readonly closes: DayPartitions
  readonly refusals: DayPartitions

  constructor(db: Database) {
    this.#db = db
    this.closes = new DayPartitions(db, 'close_records')
    this.refusals = new DayPartitions(db, 'refusals')
  }

  async insertCloses(entries: readonly CloseEntry[]): Promise<void> {
    await this.closes.ensure(entries.map((entry) => entry.closedAt))
    const rows = `[${entries.map(closeRow).join()}]`
    await insert(this.closes, () =>
      sql`
        INSERT INTO gatehouse.close_records (closed_at, id, node, reason, code, user_id, address, network, client, rooms,
          actor, operation, duration_ms, pending_bytes, reconnected_as, body)
        SELECT * FROM json_to_recordset(${rows}::json) AS r (closed_at bigint, id text, node text, reason text, code int,
          user_id text, address text, network cidr, client text, rooms text[], actor text, operation text,
          duration_ms bigint, pending_bytes bigint, reconnected_as text, body jsonb)
        ON CONFLICT DO NOTHING`.execute(this.#db),
    )
  }

  async insertRefusals(entries: readonly RefusalEntry[]): Promise<void> {
    await this.refusals.ensure(entries.map((entry) => entry.at))
    const rows = `[${entries.map(refusalRow).join()}]`
    await insert(this.refusals, () =>
      sql`
        INSERT INTO gatehouse.refusals (at, id, node, reason, status, address, network, origin, user_agent, user_id,
          evidence, suppressed)
        SELECT * FROM json_to_recordset(${rows}::json) AS r (at bigint, id text, node text, reason text, status int,
          address text, network cidr, origin text, user_agent text, user_id text, evidence jsonb, suppressed int)
        ON CONFLICT DO NOTHING`.execute(this.#db),
    )
  }

  async setSuccessors(successions: readonly Succession[]): Promise<void> {
    const newest = new Map(successions.map((succession) => [succession.id, succession]))
    await sql`
      UPDATE gatehouse.close_records AS c SET reconnected_as = r.next
      FROM json_to_recordset(${storableJson([...newest.values()])}::json) AS r (id text, next text)
      WHERE c.id = r.id`.execute(this.#db)
  }
}

async function insert(partitions: DayPartitions, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (sqlState(error) === NO_PARTITION) partitions.forget()
    else if (isRefusedValue(error)) throw error
    // The rows are not at fault in any other case, so they wait until PostgreSQL accepts them.
    throw new StoreUnavailable({ cause: error })
  }
}

function closeRow(entry: CloseEntry): string {
  const searched = storableJson({
    closed_at: entry.closedAt,
    id: entry.id,
    node: entry.node,
    reason: entry.reason,
    code: entry.code,
    user_id: entry.user,
    address: entry.address,
    network: networkOf(entry.address),
    client: entry.client,
    rooms: entry.rooms,
    actor: entry.actor,
    operation: entry.operation,
    duration_ms: entry.durationMs,
    pending_bytes: entry.pendingBytes,
    reconnected_as: entry.reconnectedAs,
  })
  const body = typeof entry.body === 'string' ? entry.body : storableJson(entry.body)
  return `${searched.slice(0, -1)},"body":${body}}`
}

function refusalRow(entry: RefusalEntry): string {
  return storableJson({
    at: entry.at,
    id: entry.id,
    node: entry.node,
    reason: entry.reason,
    status: entry.status,
    address: entry.address,
    network: networkOf(entry.address),
    origin: entry.origin,
    user_agent: entry.userAgent,
    user_id: entry.user,
    evidence: entry.evidence,
    suppressed: entry.suppressed,
  })
}

function networkOf(address: string | null): string | null {
  const range = address === null ? undefined : parseRange(address)
  return range === undefined ? null : formatRange(range)
}
