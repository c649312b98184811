import { sql } from 'kysely'
import type { Database } from './tables.js'

export const DAY_MS = 86_400_000
/** Serialises nodes that create or drop partitions at the same time. */
const lockKey = 0x67_61_74_65_64_61_79n

export type PartitionedTable = 'close_records' | 'refusals'

/** The partitions of a table, one for each UTC day. */
export class DayPartitions {
  readonly #db: Database
  readonly #table: PartitionedTable
  readonly #known = new Set<number>()

  constructor(db: Database, table: PartitionedTable) {
    this.#db = db
    this.#table = table
  }

  /** Creates the partitions that rows of these times need. */
  async ensure(times: Iterable<number>): Promise<void> {
    for (const time of times) {
      const day = Math.floor(time / DAY_MS)
      if (!this.#known.has(day)) await this.#make(day)
    }
  }

  /** Call this when a known partition turns out to have been dropped. */
  forget(): void {
    this.#known.clear()
  }

  /** Drops the days that ended before `time`; returns how many. */
  async dropBefore(time: number): Promise<number> {
    const { rows } = await sql<{ name: string }>`
      SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = ${`gatehouse.${this.#table}`}::regclass`.execute(this.#db)
    const old = rows.map((row) => row.name).filter((name) => endOf(name) <= time)
    for (const name of old) {
      await this.#locked((tx) => sql`DROP TABLE IF EXISTS ${sql.id('gatehouse', name)}`.execute(tx))
      this.#known.clear()
    }
    return old.length
  }

  async #make(day: number): Promise<void> {
    const name = `${this.#table}_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`
    await this.#locked((tx) =>
      sql`
        CREATE TABLE IF NOT EXISTS ${sql.id('gatehouse', name)} PARTITION OF ${sql.id('gatehouse', this.#table)}
        FOR VALUES FROM (${sql.lit(day * DAY_MS)}) TO (${sql.lit((day + 1) * DAY_MS)})`.execute(tx),
    )
    this.#known.add(day)
  }

  async #locked(work: (tx: Database) => Promise<unknown>): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await sql`SELECT pg_advisory_xact_lock(${lockKey})`.execute(tx)
      await work(tx)
    })
  }
}

/** When the day of a partition ends; infinite for a name that is not ours. */
function endOf(name: string): number {
  const match = /_(\d{4})(\d{2})(\d{2})$/.exec(name)
  return match === null
    ? Number.POSITIVE_INFINITY
    : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) + DAY_MS
}
