import { sql, type Selectable } from 'kysely'
import type { Operator, Page, Role } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import type { EndedSignIns } from '../access/ended-sign-ins.js'
import { textField, wordField } from '../lists/fields.js'
import { listTable, type TableShape } from '../lists/table-list.js'
import { oneNode, type ListRequest } from '../repositories/list-request.js'
import {
  OperatorRepository,
  type OperatorChange,
  type OperatorCredentials,
  type OperatorDraft,
} from '../repositories/operator-repository.js'
import { AlreadyExists, LastAdmin } from '../repositories/store-errors.js'
import { sqlState } from './outage.js'
import type { Database, OperatorTable } from './tables.js'

type Row = Selectable<OperatorTable>

const UNIQUE_VIOLATION = '23505'

export class PostgresOperators extends OperatorRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #ended: EndedSignIns

  constructor(db: Database, clock: Clock, ended: EndedSignIns) {
    super()
    this.#db = db
    this.#clock = clock
    this.#ended = ended
  }

  override async count(): Promise<number> {
    const row = await this.#db
      .selectFrom('operators')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return row.count
  }

  override async find(name: string): Promise<Operator | undefined> {
    const row = await this.#row(name)
    return row === undefined ? undefined : operatorOf(row)
  }

  override async credentials(name: string): Promise<OperatorCredentials | undefined> {
    const row = await this.#row(name)
    return row === undefined ? undefined : { operator: operatorOf(row), passwordHash: row.password_hash }
  }

  override async create(draft: OperatorDraft): Promise<Operator> {
    try {
      const row = await this.#db
        .insertInto('operators')
        .values({
          name: draft.name,
          role: draft.role,
          rooms: [...draft.rooms],
          password_hash: draft.passwordHash,
          disabled: false,
          created_at: this.#clock.wallMs(),
          last_sign_in_at: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return operatorOf(row)
    } catch (error) {
      if (sqlState(error) === UNIQUE_VIOLATION) throw new AlreadyExists('An operator', draft.name)
      throw error
    }
  }

  override async change(name: string, change: OperatorChange): Promise<Operator | undefined> {
    const { operator, signIns } = await this.#db.transaction().execute(async (tx) => {
      const admins = await lockAdmins(tx)
      const row = await tx.selectFrom('operators').selectAll().where('name', '=', name).forUpdate().executeTakeFirst()
      if (row === undefined) return { operator: undefined, signIns: [] }
      const next: Row = {
        ...row,
        role: change.role ?? row.role,
        rooms: change.rooms === undefined ? row.rooms : [...change.rooms],
        password_hash: change.passwordHash ?? row.password_hash,
        disabled: change.disabled ?? row.disabled,
      }
      if ((next.disabled || next.role !== 'admin') && isLast(admins, name)) throw new LastAdmin(name)
      await tx
        .updateTable('operators')
        .set({ role: next.role, rooms: next.rooms, password_hash: next.password_hash, disabled: next.disabled })
        .where('name', '=', name)
        .execute()
      const endsSignIns = next.role !== row.role || next.password_hash !== row.password_hash || next.disabled
      return { operator: operatorOf(next), signIns: endsSignIns ? await endSignIns(tx, name) : [] }
    })
    this.#ended.tell(signIns)
    return operator
  }

  override async remove(name: string): Promise<boolean> {
    const { isGone, signIns } = await this.#db.transaction().execute(async (tx) => {
      if (isLast(await lockAdmins(tx), name)) throw new LastAdmin(name)
      const signIns = await endSignIns(tx, name)
      const gone = await tx.deleteFrom('operators').where('name', '=', name).executeTakeFirst()
      return { isGone: gone.numDeletedRows > 0n, signIns }
    })
    this.#ended.tell(signIns)
    return isGone
  }

  override async list(request: ListRequest): Promise<Page<Operator>> {
    const { rows, total, next } = await listTable(this.#db, operatorList, request, this.#clock.wallMs())
    return { items: rows.map(operatorOf), total, ...(next === undefined ? {} : { next }), nodes: oneNode }
  }

  #row(name: string): Promise<Row | undefined> {
    return this.#db.selectFrom('operators').selectAll().where('name', '=', name).executeTakeFirst()
  }
}

export function operatorOf(row: Row): Operator {
  return {
    name: row.name,
    role: row.role as Role,
    rooms: row.rooms,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at,
    disabled: row.disabled,
  }
}

/** Ends all sign-ins of an operator; returns their ids. */
export async function endSignIns(tx: Database, operator: string): Promise<readonly string[]> {
  const rows = await tx.deleteFrom('sign_ins').where('operator', '=', operator).returning('id').execute()
  return rows.map((row) => row.id)
}

/** Names of the enabled admins, locked so that two of them cannot remove each other at the same time. */
async function lockAdmins(tx: Database): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('operators')
    .select('name')
    .where('role', '=', 'admin')
    .where('disabled', '=', false)
    .orderBy('name')
    .forUpdate()
    .execute()
  return rows.map((row) => row.name)
}

function isLast(admins: readonly string[], name: string): boolean {
  return admins.length === 1 && admins[0] === name
}

const operatorList: TableShape<Row> = {
  list: 'operators',
  table: sql`gatehouse.operators`,
  columns: sql`*`,
  fields: {
    name: textField(sql`name`, (row) => row.name),
    role: textField(sql`role`, (row) => row.role),
    text: wordField([sql`name`, sql`role`], (row) => [row.name, row.role]),
  },
  sorts: {
    name: { column: sql`name`, read: (row) => row.name },
    createdAt: { column: sql`created_at`, read: (row) => row.created_at },
    lastSignInAt: { column: sql`coalesce(last_sign_in_at, 0)`, read: (row) => row.last_sign_in_at ?? 0 },
  },
  defaultSort: 'name',
  id: { column: sql`name`, read: (row) => row.name },
}
