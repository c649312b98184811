import { sql } from 'kysely'
import type { Clock } from '../../realtime/ports/clock.js'
import { ExpiringMap } from '../expiring-map.js'
import {
  IdempotencyRepository,
  type IdempotencyVerdict,
  type StoredAnswer,
} from '../repositories/idempotency-repository.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { storableJson } from './storable.js'
import type { Database } from './tables.js'

const KEPT_MS = 24 * 60 * 60_000
/** Longer than any request takes: if the answer is still missing then, the node that took the key has died. */
const ABANDONED_MS = 60_000
const MOST_REMEMBERED = 1_000

interface Held {
  readonly fingerprint: string
  readonly takenAt: number
  readonly answer: StoredAnswer | undefined
}

export class PostgresIdempotency extends IdempotencyRepository {
  readonly #db: Database
  readonly #clock: Clock
  /** The keys that this node took or finished; the only source while PostgreSQL is down. */
  readonly #remembered = new ExpiringMap<Held>(MOST_REMEMBERED)

  constructor(db: Database, clock: Clock) {
    super()
    this.#db = db
    this.#clock = clock
  }

  override async begin(actor: string, key: string, fingerprint: string): Promise<IdempotencyVerdict> {
    const now = this.#clock.wallMs()
    const name = nameOf(actor, key)
    const remembered = this.#remembered.get(name, now)
    if (remembered !== undefined && !isFree(remembered, now)) return judge(remembered, fingerprint)
    // Remembered before PostgreSQL is asked: while it is down, only this shows that a second request is a repetition.
    const taken: Held = { fingerprint, takenAt: now, answer: undefined }
    this.#remember(actor, key, taken)
    let isOurs = false
    try {
      const verdict = await this.#take(actor, key, fingerprint, now)
      isOurs = verdict.kind === 'new'
      return verdict
    } finally {
      if (!isOurs && this.#remembered.get(name, now) === taken) this.#remembered.delete(name)
    }
  }

  override async finish(actor: string, key: string, answer: StoredAnswer): Promise<void> {
    const now = this.#clock.wallMs()
    const held = this.#remembered.get(nameOf(actor, key), now)
    if (held !== undefined) this.#remember(actor, key, { ...held, answer })
    await unlessDown(
      this.#db
        .updateTable('idempotency')
        .set({ status: answer.status, body: storableJson(answer.body ?? null) })
        .where('actor', '=', actor)
        .where('key', '=', key)
        .execute(),
    )
  }

  override async forget(actor: string, key: string): Promise<void> {
    this.#remembered.delete(nameOf(actor, key))
    await unlessDown(this.#db.deleteFrom('idempotency').where('actor', '=', actor).where('key', '=', key).execute())
  }

  /** One statement takes the key if it is free; only if it is not, the existing row is read. */
  async #take(actor: string, key: string, fingerprint: string, now: number): Promise<IdempotencyVerdict> {
    try {
      const { rows } = await sql<{ taken: number }>`
        INSERT INTO gatehouse.idempotency AS held (actor, key, fingerprint, taken_at)
        VALUES (${actor}, ${key}, ${fingerprint}, ${now})
        ON CONFLICT (actor, key) DO UPDATE
          SET fingerprint = excluded.fingerprint, taken_at = excluded.taken_at, status = NULL, body = NULL
          WHERE held.taken_at <= ${now - KEPT_MS} OR (held.status IS NULL AND held.taken_at <= ${now - ABANDONED_MS})
        RETURNING 1 AS taken`.execute(this.#db)
      if (rows.length > 0) return { kind: 'new' }
      const row = await this.#db
        .selectFrom('idempotency')
        .selectAll()
        .where('actor', '=', actor)
        .where('key', '=', key)
        .executeTakeFirst()
      if (row === undefined) return { kind: 'running' }
      const answer = row.status === null ? undefined : { status: row.status, body: row.body }
      return judge({ fingerprint: row.fingerprint, takenAt: row.taken_at, answer }, fingerprint)
    } catch (error) {
      if (error instanceof StoreUnavailable) return { kind: 'new' }
      throw error
    }
  }

  #remember(actor: string, key: string, held: Held): void {
    this.#remembered.set(nameOf(actor, key), held, held.takenAt + KEPT_MS)
  }
}

function nameOf(actor: string, key: string): string {
  return JSON.stringify([actor, key])
}

function isFree(held: Held, now: number): boolean {
  return held.answer === undefined && held.takenAt <= now - ABANDONED_MS
}

function judge(held: Held, fingerprint: string): IdempotencyVerdict {
  if (held.fingerprint !== fingerprint) return { kind: 'mismatch' }
  return held.answer === undefined ? { kind: 'running' } : { kind: 'answered', answer: held.answer }
}

async function unlessDown(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
  }
}
