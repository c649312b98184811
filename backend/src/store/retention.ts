import type { Clock } from '../realtime/ports/clock.js'
import { DAY_MS } from './postgres/day-partitions.js'
import type { PostgresRecordTables } from './postgres/postgres-record-tables.js'
import type { Database } from './postgres/tables.js'

export interface RetentionSettings {
  /** How long close records and refusals are kept. Whole days are dropped at once, so it can be up to a day more. */
  readonly recordsMs: number
}

export const retentionSettings: RetentionSettings = { recordsMs: 7 * DAY_MS }

const idempotencyMs = DAY_MS
/** After a year a revoked key is reported as unknown. */
const REVOKED_KEYS_MS = 365 * DAY_MS

/** Deletes what is past its retention time. Safe to run on several nodes and at any time. */
export class Retention {
  readonly #db: Database
  readonly #clock: Clock
  readonly #tables: PostgresRecordTables
  readonly #settings: RetentionSettings

  constructor(
    db: Database,
    clock: Clock,
    tables: PostgresRecordTables,
    settings: RetentionSettings = retentionSettings,
  ) {
    this.#db = db
    this.#clock = clock
    this.#tables = tables
    this.#settings = settings
  }

  /** Returns how many days of records were dropped. @throws StoreUnavailable */
  async run(): Promise<{ daysDropped: number }> {
    const now = this.#clock.wallMs()
    let daysDropped = 0
    for (const partitions of [this.#tables.closes, this.#tables.refusals]) {
      // Tomorrow's partition is created today, so that no write waits for it at midnight.
      await partitions.ensure([now, now + DAY_MS])
      daysDropped += await partitions.dropBefore(now - this.#settings.recordsMs)
    }
    await this.#db
      .deleteFrom('idempotency')
      .where('taken_at', '<=', now - idempotencyMs)
      .execute()
    await this.#db
      .deleteFrom('revoked_api_keys')
      .where('revoked_at', '<=', now - REVOKED_KEYS_MS)
      .execute()
    await this.#db.deleteFrom('plans').where('expires_at', '<=', now).execute()
    await this.#db.deleteFrom('sign_ins').where('expires_at', '<=', now).execute()
    await this.#db.deleteFrom('signin_links').where('expires_at', '<=', now).execute()
    await this.#db.deleteFrom('bans').where('expires_at', '<=', now).execute()
    await this.#db.deleteFrom('room_states').where('reopens_at', '<=', now).execute()
    return { daysDropped }
  }
}
