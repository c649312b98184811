import { sql, type RawBuilder } from 'kysely'
import { decodeCursor, encodeCursor, type Cursor } from '../lists/cursor.js'
import { compileFilter, compileOrder, type Fields } from '../lists/filter.js'
import type { Condition } from '../lists/fields.js'
import type { Database } from '../postgres/tables.js'
import type { ListRequest } from '../repositories/list-request.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import type { Remembered } from './record-memory.js'
import { topOf } from './top-of.js'

/** What a list of records can filter, sort and show, both in the table and in memory. */
export interface RecordShape<E extends Remembered> {
  readonly list: string
  readonly table: RawBuilder<unknown>
  readonly columns: RawBuilder<unknown>
  readonly fields: Fields<E>
  /** Numbers that every entry has. */
  readonly sorts: Readonly<
    Record<string, { readonly column: RawBuilder<unknown>; readonly read: (entry: E) => number }>
  >
  readonly defaultSort: string
  /** The column with the time of the record; the newest are counted first. */
  readonly time: RawBuilder<unknown>
  readonly reason: (entry: E) => string
  /** An entry from the table's row. */
  readonly fromRow: (row: unknown) => E
}

export interface FoundRecords<E> {
  readonly entries: readonly E[]
  readonly total?: number
  readonly atLeast?: number
  readonly next?: string
  /** Counts by reason of all matches, on the first page only. */
  readonly byReason?: Readonly<Record<string, number>>
  readonly partial: boolean
}

/** Matches beyond this are not counted, and the page says "at least". */
const MOST_COUNTED = 50_000

interface Counted {
  readonly byReason: Record<string, number>
  readonly isExact: boolean
}

/** Lists memory and table as one: merges the first matches of both into a page without duplicates. */
export async function listRecords<E extends Remembered>(
  db: Database,
  shape: RecordShape<E>,
  memory: readonly E[],
  request: ListRequest,
  nowMs: number,
): Promise<FoundRecords<E>> {
  const cursor = decodeCursor(shape.list, request)
  const filter = compileFilter(request.tokens, shape.fields, nowMs)
  const order = compileOrder(request.sort, Object.keys(shape.sorts), shape.defaultSort)
  const sort = shape.sorts[order.field] as (typeof shape.sorts)[string]
  const sign = order.descending ? -1 : 1
  const compare = (a: E, b: E): number =>
    sign * (sort.read(a) - sort.read(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const isAfter = (entry: E): boolean => cursor === undefined || isBeyond(sign, sort.read(entry), entry.id, cursor)
  const most = request.limit + 1

  const remembered = await topOf(memory, most, compare, (entry) => isAfter(entry) && filter.matches(entry))
  const stored = await orDown(() =>
    fetchStored(db, { shape, filter, column: sort.column, isDescending: order.descending, cursor, most }),
  )
  const seen = new Set(remembered.map((entry) => entry.id))
  const merged = [...remembered, ...(stored ?? []).filter((entry) => !seen.has(entry.id))].sort(compare)
  const entries = merged.slice(0, request.limit)
  const counts = cursor === undefined ? await count(db, shape, filter, memory, stored === undefined) : undefined
  const sum = counts === undefined ? cursorSum(cursor) : sumOf(counts)
  const last = entries.at(-1)
  const next =
    merged.length > request.limit && last !== undefined
      ? { next: encodeCursor(shape.list, request, { after: [sort.read(last), last.id], ...sum }) }
      : {}
  return {
    entries,
    ...sum,
    ...next,
    ...(counts === undefined ? {} : { byReason: counts.byReason }),
    partial: stored === undefined,
  }
}

function isBeyond(sign: number, value: number, id: string, cursor: Cursor): boolean {
  const [atValue, atId] = cursor.after
  const distance = value - Number(atValue)
  return distance === 0 ? (sign > 0 ? id > atId : id < atId) : sign * distance > 0
}

interface StoredPage<E extends Remembered> {
  readonly shape: RecordShape<E>
  readonly filter: Condition<E>
  readonly column: RawBuilder<unknown>
  readonly isDescending: boolean
  readonly cursor: Cursor | undefined
  readonly most: number
}

async function fetchStored<E extends Remembered>(db: Database, page: StoredPage<E>): Promise<E[]> {
  const { shape, filter, column, isDescending, cursor, most } = page
  const direction = isDescending ? sql`DESC` : sql`ASC`
  const after =
    cursor === undefined
      ? sql`true`
      : sql`(${column}, id) ${isDescending ? sql`<` : sql`>`} (${cursor.after[0]}, ${cursor.after[1]})`
  const { rows } = await sql`
    SELECT ${shape.columns} FROM ${shape.table} WHERE ${filter.where} AND ${after}
    ORDER BY ${column} ${direction}, id ${direction} LIMIT ${most}`.execute(db)
  return rows.map(shape.fromRow)
}

/** The matches by reason in the table, plus those in memory that are not in the table. */
async function count<E extends Remembered>(
  db: Database,
  shape: RecordShape<E>,
  filter: Condition<E>,
  memory: readonly E[],
  isDown: boolean,
): Promise<Counted> {
  const unwritten = memory.filter((entry) => entry.state !== 'written' && filter.matches(entry))
  // Entries being written now are counted in memory and excluded in the table, where they may or may not be yet.
  const waiting = unwritten.filter((entry) => entry.state === 'waiting').map((entry) => entry.id)
  const rows = isDown ? undefined : await orDown(() => countStored(db, shape, filter, waiting))
  const byReason: Record<string, number> = {}
  for (const { reason, count } of rows ?? []) byReason[reason] = count
  const stored = Object.values(byReason).reduce((sum, n) => sum + n, 0)
  const added = rows === undefined ? memory.filter((entry) => filter.matches(entry)) : unwritten
  for (const entry of added) byReason[shape.reason(entry)] = (byReason[shape.reason(entry)] ?? 0) + 1
  return { byReason, isExact: rows !== undefined && stored < MOST_COUNTED }
}

async function countStored<E extends Remembered>(
  db: Database,
  shape: RecordShape<E>,
  filter: Condition<E>,
  except: readonly string[],
): Promise<{ reason: string; count: number }[]> {
  const { rows } = await sql<{ reason: string; count: number }>`
    SELECT reason, count(*) AS count FROM (
      SELECT reason FROM ${shape.table}
      WHERE ${filter.where} AND id NOT IN (SELECT unnest(${except}::text[]))
      ORDER BY ${shape.time} DESC LIMIT ${MOST_COUNTED}
    ) AS matching GROUP BY reason`.execute(db)
  return rows
}

function sumOf(counts: Counted): { total: number } | { atLeast: number } {
  const sum = Object.values(counts.byReason).reduce((all, n) => all + n, 0)
  return counts.isExact ? { total: sum } : { atLeast: sum }
}

function cursorSum(cursor: Cursor | undefined): { total?: number; atLeast?: number } {
  return {
    ...(cursor?.total === undefined ? {} : { total: cursor.total }),
    ...(cursor?.atLeast === undefined ? {} : { atLeast: cursor.atLeast }),
  }
}

/** Undefined while PostgreSQL is down; the list is then answered from memory. */
async function orDown<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}
