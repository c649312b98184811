import { sql } from 'kysely'
import { closeReasons, type CloseReason } from '@gatehouse/protocol'
import type { CloseRecord, CloseRecordDetail } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import { closeDetailOf, closeRecordOf } from '../records/close-entry.js'
import { closeDetailColumns, closeEntryOfRow, closeShape } from '../records/close-shape.js'
import type { RecordBook } from '../records/record-book.js'
import { listRecords } from '../records/record-list.js'
import { CloseRecordRepository, type RecordPage } from '../repositories/close-record-repository.js'
import { oneNode, type ListRequest } from '../repositories/list-request.js'
import type { Database } from './tables.js'

export class PostgresCloseRecords extends CloseRecordRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #book: RecordBook

  constructor(db: Database, clock: Clock, book: RecordBook) {
    super()
    this.#db = db
    this.#clock = clock
    this.#book = book
  }

  override async list(request: ListRequest): Promise<RecordPage<CloseRecord>> {
    const found = await listRecords(this.#db, closeShape, this.#book.closes.snapshot(), request, this.#clock.wallMs())
    const { entries, byReason, ...rest } = found
    const facets = byReason === undefined ? {} : { facets: { reason: byReason, initiator: byInitiator(byReason) } }
    return { items: entries.map(closeRecordOf), ...rest, ...facets, nodes: oneNode }
  }

  override async find(id: string): Promise<CloseRecordDetail | undefined> {
    const entry = this.#book.closes.find(id)
    if (entry !== undefined) return closeDetailOf(entry)
    const { rows } = await sql<Parameters<typeof closeEntryOfRow>[0]>`
      SELECT ${closeDetailColumns} FROM gatehouse.close_records WHERE id = ${id} LIMIT 1`.execute(this.#db)
    return rows[0] === undefined ? undefined : closeDetailOf(closeEntryOfRow(rows[0]))
  }
}

function byInitiator(byReason: Readonly<Record<string, number>>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [reason, count] of Object.entries(byReason)) {
    const { initiator } = closeReasons[reason as CloseReason]
    counts[initiator] = (counts[initiator] ?? 0) + count
  }
  return counts
}
