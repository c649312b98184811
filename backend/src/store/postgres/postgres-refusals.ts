import { sql } from 'kysely'
import type { Refusal } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import type { RecordBook } from '../records/record-book.js'
import { listRecords } from '../records/record-list.js'
import { refusalOf } from '../records/refusal-entry.js'
import { refusalColumns, refusalEntryOfRow, refusalShape } from '../records/refusal-shape.js'
import type { RecordPage } from '../repositories/close-record-repository.js'
import { oneNode, type ListRequest } from '../repositories/list-request.js'
import { RefusalRepository } from '../repositories/refusal-repository.js'
import type { Database } from './tables.js'

export class PostgresRefusals extends RefusalRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #book: RecordBook

  constructor(db: Database, clock: Clock, book: RecordBook) {
    super()
    this.#db = db
    this.#clock = clock
    this.#book = book
  }

  override async list(request: ListRequest): Promise<RecordPage<Refusal>> {
    const found = await listRecords(
      this.#db,
      refusalShape,
      this.#book.refusals.snapshot(),
      request,
      this.#clock.wallMs(),
    )
    const { entries, byReason, ...rest } = found
    const facets = byReason === undefined ? {} : { facets: { reason: { ...byReason } } }
    return { items: entries.map(refusalOf), ...rest, ...facets, nodes: oneNode }
  }

  override async find(id: string): Promise<Refusal | undefined> {
    const entry = this.#book.refusals.find(id)
    if (entry !== undefined) return refusalOf(entry)
    const { rows } = await sql<Parameters<typeof refusalEntryOfRow>[0]>`
      SELECT ${refusalColumns} FROM gatehouse.refusals WHERE id = ${id} LIMIT 1`.execute(this.#db)
    return rows[0] === undefined ? undefined : refusalOf(refusalEntryOfRow(rows[0]))
  }
}
