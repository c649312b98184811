import { sql, type RawBuilder } from 'kysely'
import type { Database } from '../postgres/tables.js'
import type { ListRequest } from '../repositories/list-request.js'
import { decodeCursor, encodeCursor } from './cursor.js'
import { compileFilter, compileOrder, type Fields } from './filter.js'

/** What a list of one table can filter, sort and show. */
export interface TableShape<Row> {
  /** Names the list in cursors. */
  readonly list: string
  readonly table: RawBuilder<unknown>
  readonly columns: RawBuilder<unknown>
  readonly fields: Fields<Row>
  /** The column of each sort field, never null, and how to read its value from a row. */
  readonly sorts: Readonly<
    Record<string, { readonly column: RawBuilder<unknown>; readonly read: (row: Row) => number | string }>
  >
  readonly defaultSort: string
  readonly id: { readonly column: RawBuilder<unknown>; readonly read: (row: Row) => string }
  /** A condition that every row must meet, in addition to the filter. */
  readonly always?: RawBuilder<boolean>
}

export interface RowPage<Row> {
  readonly rows: readonly Row[]
  readonly total: number
  readonly next?: string
}

/** One page of a table by keyset, with the exact total, for tables that stay small. */
export async function listTable<Row>(
  db: Database,
  shape: TableShape<Row>,
  request: ListRequest,
  nowMs: number,
): Promise<RowPage<Row>> {
  const cursor = decodeCursor(shape.list, request)
  const filter = compileFilter(request.tokens, shape.fields, nowMs)
  const order = compileOrder(request.sort, Object.keys(shape.sorts), shape.defaultSort)
  const sort = shape.sorts[order.field] as (typeof shape.sorts)[string]
  const direction = order.descending ? sql`DESC` : sql`ASC`
  const matching = sql<boolean>`${shape.always ?? sql`true`} AND ${filter.where}`
  const after =
    cursor === undefined
      ? sql`true`
      : sql`(${sort.column}, ${shape.id.column}) ${order.descending ? sql`<` : sql`>`} (${cursor.after[0]}, ${cursor.after[1]})`
  const { rows } = await sql<Row>`
    SELECT ${shape.columns} FROM ${shape.table} WHERE ${matching} AND ${after}
    ORDER BY ${sort.column} ${direction}, ${shape.id.column} ${direction} LIMIT ${request.limit + 1}`.execute(db)
  const total = cursor?.total ?? (await countRows(db, shape.table, matching))
  const page = rows.slice(0, request.limit)
  const last = page.at(-1)
  if (rows.length <= request.limit || last === undefined) return { rows: page, total }
  const next = encodeCursor(shape.list, request, { after: [sort.read(last), shape.id.read(last)], total })
  return { rows: page, total, next }
}

async function countRows(db: Database, table: RawBuilder<unknown>, matching: RawBuilder<boolean>): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM ${table} WHERE ${matching}`.execute(db)
  return rows[0]?.count ?? 0
}
