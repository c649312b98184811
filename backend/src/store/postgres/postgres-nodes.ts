import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Books } from '@gatehouse/protocol/rest'
import { NodeRepository, type Heartbeat, type LostLife } from '../repositories/node-repository.js'
import { storableJson } from './storable.js'
import type { Database } from './tables.js'

export class PostgresNodes extends NodeRepository {
  readonly #db: Database

  constructor(db: Database) {
    super()
    this.#db = db
  }

  override async clusterId(): Promise<string> {
    await this.#db
      .insertInto('settings')
      .values({ name: 'cluster_id', value: randomUUID() })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
    const row = await this.#db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', 'cluster_id')
      .executeTakeFirstOrThrow()
    return row.value
  }

  override async started(node: string, startedAt: number, version: string): Promise<LostLife | undefined> {
    return this.#db.transaction().execute(async (tx) => {
      const last = await tx.selectFrom('nodes').selectAll().where('node', '=', node).forUpdate().executeTakeFirst()
      const life = { started_at: startedAt, version, heartbeat_at: startedAt, open: 0, books: 'null', stopped: false }
      await tx
        .insertInto('nodes')
        .values({ node, ...life })
        .onConflict((conflict) => conflict.column('node').doUpdateSet(life))
        .execute()
      if (last === undefined || last.stopped || last.books === null) return undefined
      return { node, startedAt: last.started_at, at: last.heartbeat_at, open: last.open, books: last.books as Books }
    })
  }

  override async heartbeat(heartbeat: Heartbeat): Promise<void> {
    await this.#db
      .updateTable('nodes')
      .set({ heartbeat_at: heartbeat.at, open: heartbeat.open, books: storableJson(heartbeat.books), stopped: false })
      .where('node', '=', heartbeat.node)
      .execute()
  }

  override async stopped(node: string, at: number): Promise<void> {
    await this.#db
      .updateTable('nodes')
      .set({ heartbeat_at: at, open: 0, stopped: true })
      .where('node', '=', node)
      .execute()
  }

  override async list(): Promise<
    readonly { node: string; startedAt: number; at: number; open: number; stopped: boolean }[]
  > {
    const rows = await this.#db
      .selectFrom('nodes')
      .selectAll()
      .orderBy(sql`node COLLATE "C"`)
      .execute()
    return rows.map((row) => ({
      node: row.node,
      startedAt: row.started_at,
      at: row.heartbeat_at,
      open: row.open,
      stopped: row.stopped,
    }))
  }
}
