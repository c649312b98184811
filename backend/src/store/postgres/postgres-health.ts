import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { OpenDatabase } from '../database.js'
import { StoreHealth, type StoreState } from '../repositories/store-health.js'

const PING_MS = 1_000

/** The part of the database that health needs. */
type ProbedDatabase = Pick<OpenDatabase, 'onOutage' | 'probe' | 'setReachable'>

/**
 * Pings PostgreSQL once a second, and immediately after a query could not reach it. While it is down, queries fail at
 * once instead of waiting.
 */
export class PostgresHealth extends StoreHealth {
  readonly #database: ProbedDatabase
  readonly #clock: Clock
  readonly #listeners = new Set<(state: StoreState) => void>()
  #state: StoreState
  #isPinging = false
  #isStopped = false
  #stopPinging: Cancel | undefined

  constructor(database: ProbedDatabase, clock: Clock) {
    super()
    this.#database = database
    this.#clock = clock
    // The database has just been opened; if the server was lost since, the next ping shows it within a second.
    this.#state = { isUp: true, since: clock.wallMs() }
    database.onOutage(() => {
      if (this.#state.isUp) this.#ping()
    })
  }

  start(): void {
    this.#isStopped = false
    this.#pingLater()
  }

  stop(): void {
    this.#isStopped = true
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

  #pingLater(): void {
    if (this.#isStopped) return
    this.#stopPinging ??= this.#clock.after(PING_MS, () => {
      this.#stopPinging = undefined
      this.#ping()
    })
  }

  #ping(): void {
    if (this.#isPinging || this.#isStopped) return
    this.#isPinging = true
    this.#database
      .probe()
      .then(
        () => this.#become(true),
        () => this.#become(false),
      )
      .finally(() => {
        this.#isPinging = false
        this.#pingLater()
      })
      .catch(() => undefined)
  }

  #become(isUp: boolean): void {
    // A ping that was under way at the stop fails because the pool has ended, which does not mean the server is down.
    if (this.#isStopped || isUp === this.#state.isUp) return
    this.#state = { isUp, since: this.#clock.wallMs() }
    this.#database.setReachable(isUp)
    for (const listener of this.#listeners) listener(this.#state)
  }
}
