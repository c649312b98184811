import { sql } from 'kysely'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { OpenDatabase } from '../database.js'
import { StoreHealth, type StoreState } from '../repositories/store-health.js'

const pingMs = 1_000

/** Pings PostgreSQL once a second, and at once when a query could not reach it. */
export class PostgresHealth extends StoreHealth {
  readonly #database: OpenDatabase
  readonly #clock: Clock
  readonly #listeners = new Set<(state: StoreState) => void>()
  #state: StoreState
  #isPinging = false
  #stopPinging: Cancel | undefined

  constructor(database: OpenDatabase, clock: Clock) {
    super()
    this.#database = database
    this.#clock = clock
    // The database has just been opened; a server lost since then shows within a second.
    this.#state = { isUp: true, since: clock.wallMs() }
    database.onOutage(() => {
      if (this.#state.isUp) void this.#ping()
    })
  }

  start(): void {
    this.#stopPinging ??= this.#clock.every(pingMs, () => {
      void this.#ping()
    })
  }

  stop(): void {
    this.#stopPinging?.()
    this.#stopPinging = undefined
  }

  override state(): StoreState {
    return this.#state
  }

  override onChange(listener: (state: StoreState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #ping(): Promise<void> {
    if (this.#isPinging) return
    this.#isPinging = true
    try {
      await sql`SELECT 1`.execute(this.#database.db)
      this.#become(true)
    } catch {
      this.#become(false)
    } finally {
      this.#isPinging = false
    }
  }

  #become(isUp: boolean): void {
    if (isUp === this.#state.isUp) return
    this.#state = { isUp, since: this.#clock.wallMs() }
    for (const listener of this.#listeners) listener(this.#state)
  }
}
