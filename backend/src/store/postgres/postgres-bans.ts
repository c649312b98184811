import { sql, type Selectable } from 'kysely'
import type { Ban, Page } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import { formatRange, parseRange } from '../address-range.js'
import type { BanHits } from '../bans/ban-hits.js'
import { textField, wordField } from '../lists/fields.js'
import { listTable, type TableShape } from '../lists/table-list.js'
import { BanRepository, type BanDraft, type StoredBan } from '../repositories/ban-repository.js'
import { oneNode, type ListRequest } from '../repositories/list-request.js'
import { BadBanValue } from '../repositories/store-errors.js'
import { raiseRevision, readRevision } from './revision.js'
import type { BanTable, Database } from './tables.js'

type Row = Selectable<BanTable>

/** Later than the end of any ban, so that bans without an end sort last. */
const never = Number.MAX_SAFE_INTEGER

export class PostgresBans extends BanRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #random: Random
  readonly #hits: BanHits
  readonly #listeners = new Set<() => void>()

  constructor(db: Database, clock: Clock, random: Random, hits: BanHits) {
    super()
    this.#db = db
    this.#clock = clock
    this.#random = random
    this.#hits = hits
  }

  override async create(draft: BanDraft): Promise<Ban> {
    const said = {
      reason: draft.reason,
      message: draft.message,
      by: draft.by,
      created_at: this.#clock.wallMs(),
      expires_at: draft.expiresAt,
    }
    const value = draft.kind === 'user' ? draft.value : canonicalAddress(draft.value)
    const row = await this.#db.transaction().execute(async (tx) => {
      await raiseRevision(tx, 'bans')
      return tx
        .insertInto('bans')
        .values({ id: this.#random.id(10), kind: draft.kind, value, ...said })
        .onConflict((conflict) => conflict.columns(['kind', 'value']).doUpdateSet(said))
        .returningAll()
        .executeTakeFirstOrThrow()
    })
    this.#tell()
    return this.#withHits(row)
  }

  override async find(id: string): Promise<Ban | undefined> {
    const row = await this.#db.selectFrom('bans').selectAll().where('id', '=', id).executeTakeFirst()
    return row === undefined || isOver(row, this.#clock.wallMs()) ? undefined : this.#withHits(row)
  }

  override async lift(id: string): Promise<Ban | undefined> {
    const row = await this.#db.transaction().execute(async (tx) => {
      await raiseRevision(tx, 'bans')
      return tx.deleteFrom('bans').where('id', '=', id).returningAll().executeTakeFirst()
    })
    if (row === undefined) return undefined
    this.#tell()
    return this.#withHits(row)
  }

  override async list(request: ListRequest): Promise<Page<Ban>> {
    const now = this.#clock.wallMs()
    const shape = { ...banList, always: sql<boolean>`coalesce(expires_at, ${never}::bigint) > ${now}` }
    const { rows, total, next } = await listTable(this.#db, shape, request, now)
    return {
      items: rows.map((row) => this.#withHits(row)),
      total,
      ...(next === undefined ? {} : { next }),
      nodes: oneNode,
    }
  }

  override async count(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) AS count FROM gatehouse.bans
      WHERE coalesce(expires_at, ${never}::bigint) > ${this.#clock.wallMs()}`.execute(this.#db)
    return rows[0]?.count ?? 0
  }

  override revision(): Promise<number> {
    return readRevision(this.#db, 'bans')
  }

  override async all(): Promise<readonly StoredBan[]> {
    const now = this.#clock.wallMs()
    const rows = await this.#db.selectFrom('bans').selectAll().execute()
    return rows.filter((row) => !isOver(row, now)).map(banOf)
  }

  override onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  #withHits(row: Row): Ban {
    return { ...banOf(row), hits: this.#hits.of(row.id) }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function canonicalAddress(value: string): string {
  const range = parseRange(value.trim())
  if (range === undefined) throw new BadBanValue(value)
  return formatRange(range)
}

function isOver(row: Row, nowMs: number): boolean {
  return row.expires_at !== null && row.expires_at <= nowMs
}

function banOf(row: Row): StoredBan {
  return {
    id: row.id,
    kind: row.kind as Ban['kind'],
    value: row.value,
    reason: row.reason,
    message: row.message,
    by: row.by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

const banList: TableShape<Row> = {
  list: 'bans',
  table: sql`gatehouse.bans`,
  columns: sql`*`,
  fields: {
    kind: textField(sql`kind`, (row) => row.kind),
    value: textField(sql`value`, (row) => row.value),
    reason: textField(sql`reason`, (row) => row.reason),
    by: textField(sql`by`, (row) => row.by),
    text: wordField([sql`value`, sql`reason`, sql`by`], (row) => [row.value, row.reason, row.by]),
  },
  sorts: {
    createdAt: { column: sql`created_at`, read: (row) => row.created_at },
    expiresAt: { column: sql`coalesce(expires_at, ${sql.lit(never)}::bigint)`, read: (row) => row.expires_at ?? never },
    value: { column: sql`value`, read: (row) => row.value },
  },
  defaultSort: '-createdAt',
  id: { column: sql`id`, read: (row) => row.id },
}
