import type { Selectable } from 'kysely'
import type { Clock } from '../../realtime/ports/clock.js'
import type { ClosedRoom } from '../../realtime/ports/room-state.js'
import { RoomStateRepository } from '../repositories/room-state-repository.js'
import { raiseRevision, readRevision } from './revision.js'
import type { Database, RoomStateTable } from './tables.js'

type Row = Selectable<RoomStateTable>

export class PostgresRoomStates extends RoomStateRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()

  constructor(db: Database, clock: Clock) {
    super()
    this.#db = db
    this.#clock = clock
  }

  override async close(room: string, closed: ClosedRoom): Promise<void> {
    const row = {
      reason: closed.reason,
      message: closed.message,
      by: closed.by,
      at: closed.at,
      reopens_at: closed.reopensAt,
    }
    await this.#db.transaction().execute(async (tx) => {
      await raiseRevision(tx, 'room_states')
      await tx
        .insertInto('room_states')
        .values({ room, ...row })
        .onConflict((conflict) => conflict.column('room').doUpdateSet(row))
        .execute()
    })
    this.#tell()
  }

  override async reopen(room: string): Promise<ClosedRoom | undefined> {
    const row = await this.#db.transaction().execute(async (tx) => {
      await raiseRevision(tx, 'room_states')
      return tx.deleteFrom('room_states').where('room', '=', room).returningAll().executeTakeFirst()
    })
    this.#tell()
    return row === undefined || this.#isOver(row) ? undefined : closedRoomOf(row)
  }

  override revision(): Promise<number> {
    return readRevision(this.#db, 'room_states')
  }

  override async all(): Promise<ReadonlyMap<string, ClosedRoom>> {
    const rows = await this.#db.selectFrom('room_states').selectAll().execute()
    return new Map(rows.filter((row) => !this.#isOver(row)).map((row) => [row.room, closedRoomOf(row)]))
  }

  override onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  #isOver(row: Row): boolean {
    return row.reopens_at !== null && row.reopens_at <= this.#clock.wallMs()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function closedRoomOf(row: Row): ClosedRoom {
  return { reason: row.reason, message: row.message, by: row.by, at: row.at, reopensAt: row.reopens_at }
}
