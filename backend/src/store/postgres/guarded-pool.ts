import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { Pool, type ClientBase, type PoolClient, type PoolConfig } from 'pg'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { isOutage } from './outage.js'
import { storableText } from './storable.js'

/** How long a query may take before it counts as unanswered; the server's own limit comes first. */
const STATEMENT_TIMEOUT_MS = 2_000
const LOCK_TIMEOUT_MS = 1_500
const CONNECT_TIMEOUT_MS = 1_500
/** Longer than the server's limit: reached only if the server hangs or the network drops packets. */
const ANSWER_TIMEOUT_MS = 2_300
const END_TIMEOUT_MS = 2_000

/**
 * A pool that reports every failure to reach PostgreSQL as `StoreUnavailable` within about 2 s and never lends a
 * connection that has failed.
 */
export class GuardedPool implements PostgresPool {
  readonly options: object
  /** While true every query fails at once, since the server is known to be down; only `probe` still asks it. */
  isShut = false
  readonly #pool: Pool
  readonly #onOutage: () => void

  /** @param onOutage called for each failed attempt; must not throw */
  constructor(config: PoolConfig, onOutage: () => void = () => undefined) {
    this.#onOutage = onOutage
    this.#pool = new Pool({
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      keepAlive: true,
      // The pool awaits the promise, but its types do not allow one yet.
      onConnect: (client) => prepareSession(client) as unknown as undefined,
      ...config,
    })
    this.options = this.#pool.options
    // The pool emits the errors of idle connections; without a listener they would end the process.
    this.#pool.on('error', onOutage)
    // While a connection is lent, the pool removes its own listener from it.
    this.#pool.on('connect', (client) => client.on('error', onOutage))
  }

  /** Resolves when the server answers. @throws StoreUnavailable */
  async probe(): Promise<void> {
    const client = await this.#lend()
    try {
      await client.query('SELECT 1', [])
    } finally {
      client.release()
    }
  }

  async connect(): Promise<PostgresPoolClient> {
    if (this.isShut) throw new StoreUnavailable()
    return this.#lend()
  }

  async #lend(): Promise<PostgresPoolClient> {
    let client: PoolClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      throw this.#translate(error)
    }
    let broken = false
    return {
      query: async <R>(text: unknown, values?: readonly unknown[]): Promise<PostgresQueryResult<R>> => {
        // On a hung connection the next query, such as a rollback, would wait for the one that hangs.
        if (broken) throw new StoreUnavailable()
        try {
          return (await client.query(text as string, values?.map(storable))) as unknown as PostgresQueryResult<R>
        } catch (error) {
          const translated = this.#translate(error)
          if (translated instanceof StoreUnavailable && !isAnswer(error)) broken = true
          throw translated
        }
      },
      release: (destroy) => client.release(destroy === true || broken),
    } as PostgresPoolClient
  }

  /** Ends the connections; waits at most 2 s for a server that hangs. */
  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const deadline = setTimeout(resolve, END_TIMEOUT_MS)
    await Promise.race([this.#pool.end(), promise])
    clearTimeout(deadline)
  }

  #translate(error: unknown): unknown {
    if (!isOutage(error)) return error
    if (!isAnswer(error)) this.#onOutage()
    return new StoreUnavailable({ cause: error })
  }
}

function storable(value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value
}

/** Whether the server itself answered with the error (a lock, a cancelled statement), so the connection still works. */
function isAnswer(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' && /^(57014|55P03|25006|40...|53100|53200)$/.test(code)
}

async function prepareSession(client: ClientBase): Promise<void> {
  // Not start-up parameters: a session pooler refuses those it does not know. `synchronous_commit` must not be off,
  // because what is confirmed as stored must survive a crash of the server; stricter values stay as they are.
  await client.query(
    `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET lock_timeout = ${LOCK_TIMEOUT_MS};
     SET idle_in_transaction_session_timeout = 10000; SET timezone = 'UTC';
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
  )
}
