import { Client, type ClientConfig } from 'pg'
import { StartRefusal } from '../../config/start-refusal.js'

/** "gate" in ASCII, as a hint for people who look at pg_locks. */
const LOCK_CLASS = 0x67617465
const LOCK_OBJECT = 1
const RETRY_DELAY_MS = 1_000

/**
 * A node holds this lock as long as it runs: nodes that share a database but no bus would each see only their own
 * connections. The lock has its own connection to PostgreSQL and is taken again after PostgreSQL restarts.
 */
export class SoleNodeLock {
  readonly #config: ClientConfig
  readonly #onLost: (message: string) => void
  #client: Client | undefined
  #retry: NodeJS.Timeout | undefined
  #isReleased = false

  /** @param onLost called if another node took the lock while PostgreSQL was down */
  constructor(config: ClientConfig, onLost: (message: string) => void) {
    this.#config = config
    this.#onLost = onLost
  }

  /** @throws StartRefusal if another node holds the database */
  async acquire(): Promise<void> {
    const holder = await this.#take()
    if (holder === undefined) return
    throw new StartRefusal(
      `DATABASE_URL names a database that another node uses (${holder}), and a database can serve only one node: stop that node, or give this one another database.`,
    )
  }

  async release(): Promise<void> {
    this.#isReleased = true
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }

  /** Undefined if the lock is ours, else its holder. */
  async #take(): Promise<string | undefined> {
    const client = new Client({
      connectionTimeoutMillis: 1_500,
      query_timeout: 2_300,
      keepAlive: true,
      ...this.#config,
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      const taken = await client.query<{ ok: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS ok', [
        LOCK_CLASS,
        LOCK_OBJECT,
      ])
      if (taken.rows[0]?.ok === true && !this.#isReleased) {
        this.#client = client
        client.once('end', () => {
          this.#retryLater()
        })
        return undefined
      }
      const holder = await client.query<{ who: string }>(
        `SELECT coalesce(nullif(a.application_name, ''), 'an unnamed program') || ', server process ' || l.pid AS who
         FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
         WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.objid = $2 AND l.granted
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        [LOCK_CLASS, LOCK_OBJECT],
      )
      await client.end()
      return holder.rows[0]?.who ?? 'which has just ended'
    } catch (error) {
      void client.end().catch(() => undefined)
      throw error
    }
  }

  #retryLater(): void {
    if (this.#isReleased) return
    this.#client = undefined
    this.#retry = setTimeout(() => {
      this.#take().then(
        (holder) => {
          if (holder === undefined) return
          this.#onLost(`another node took the database while PostgreSQL was down (${holder}); stop one of the two`)
          this.#retryLater()
        },
        () => this.#retryLater(),
      )
    }, RETRY_DELAY_MS)
    this.#retry.unref()
  }
}
