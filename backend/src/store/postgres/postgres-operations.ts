import { sql, type Selectable } from 'kysely'
import type { Mark, Operation, OperationDetail, Page } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import { textField, wordField } from '../lists/fields.js'
import { listTable, type TableShape } from '../lists/table-list.js'
import { oneNode, type ListRequest } from '../repositories/list-request.js'
import { OperationRepository, type OperationRow } from '../repositories/operation-repository.js'
import type { StoredPlan } from '../repositories/plan-repository.js'
import { storableJson } from './storable.js'
import type { Database, OperationTable } from './tables.js'

type Row = Selectable<OperationTable>

const MOST_MARKS = 100

export class PostgresOperations extends OperationRepository {
  readonly #db: Database
  readonly #clock: Clock

  constructor(db: Database, clock: Clock) {
    super()
    this.#db = db
    this.#clock = clock
  }

  override async create(row: Omit<OperationRow, 'epoch'>): Promise<void> {
    const { operation } = row
    await this.#db
      .insertInto('operations')
      .values({
        id: operation.id,
        kind: operation.kind,
        node: operation.node,
        by: operation.by,
        created_at: operation.createdAt,
        epoch: 1,
        plan: storableJson(row.plan),
        ...changing(operation, row.cursor),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
  }

  override async claim(id: string): Promise<OperationRow | undefined> {
    const row = await this.#db
      .updateTable('operations')
      .set((eb) => ({ epoch: eb('epoch', '+', 1) }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    return row === undefined ? undefined : operationRowOf(row)
  }

  override async save(
    id: string,
    epoch: number,
    change: { operation: OperationDetail; cursor: unknown },
  ): Promise<boolean> {
    const saved = await this.#db
      .updateTable('operations')
      .set(changing(change.operation, change.cursor))
      .where('id', '=', id)
      .where('epoch', '=', epoch)
      .executeTakeFirst()
    return saved.numUpdatedRows > 0n
  }

  override async find(id: string): Promise<OperationRow | undefined> {
    const row = await this.#db.selectFrom('operations').selectAll().where('id', '=', id).executeTakeFirst()
    return row === undefined ? undefined : operationRowOf(row)
  }

  override async unfinished(node: string): Promise<readonly OperationRow[]> {
    const rows = await this.#db
      .selectFrom('operations')
      .selectAll()
      .where('node', '=', node)
      .where((eb) => eb.or([eb('ended_at', 'is', null), eb('holds', '=', true)]))
      .orderBy('created_at')
      .execute()
    return rows.map(operationRowOf)
  }

  override async list(request: ListRequest): Promise<Page<Operation>> {
    const { rows, total, next } = await listTable(this.#db, operationList, request, this.#clock.wallMs())
    const items = rows.map((row) => summaryOf(row.operation as OperationDetail))
    return { items, total, ...(next === undefined ? {} : { next }), nodes: oneNode }
  }

  override async marks(from: number, to: number): Promise<readonly Mark[]> {
    const rows = await this.#db
      .selectFrom('operations')
      .select(['id', 'kind', 'state', 'started_at', 'ended_at', 'by'])
      .where('started_at', '<', to)
      .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>=', from)]))
      .orderBy('started_at', 'desc')
      .orderBy('id', 'desc')
      .limit(MOST_MARKS)
      .execute()
    return rows.toReversed().map((row) => ({
      at: row.started_at as number,
      until: row.ended_at,
      kind: row.kind,
      label: `${row.kind} by ${row.by}${row.ended_at === null || row.state === 'done' ? '' : ` (${row.state})`}`,
      operation: row.id,
    }))
  }
}

function changing(operation: OperationDetail, cursor: unknown) {
  return {
    state: operation.state,
    holds: operation.holds,
    started_at: operation.startedAt,
    ended_at: operation.endedAt,
    operation: storableJson(operation),
    cursor: storableJson(cursor ?? null),
  }
}

function operationRowOf(row: Row): OperationRow {
  return {
    operation: row.operation as OperationDetail,
    plan: row.plan as StoredPlan,
    cursor: row.cursor,
    epoch: row.epoch,
  }
}

/** Lists show operations without their burn-down. */
function summaryOf(detail: OperationDetail): Operation {
  const { burnDown: _, stragglers: __, codes: ___, ...operation } = detail
  return operation
}

const operationList: TableShape<Row> = {
  list: 'operations',
  table: sql`gatehouse.operations`,
  columns: sql`id, created_at, kind, state, by, operation`,
  fields: {
    kind: textField(sql`kind`, (row) => row.kind),
    state: textField(sql`state`, (row) => row.state),
    by: textField(sql`by`, (row) => row.by),
    text: wordField([sql`id`, sql`kind`, sql`by`], (row) => [row.id, row.kind, row.by]),
  },
  sorts: { createdAt: { column: sql`created_at`, read: (row) => row.created_at } },
  defaultSort: '-createdAt',
  id: { column: sql`id`, read: (row) => row.id },
}
