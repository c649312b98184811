import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { Pool, type ClientBase, type PoolClient, type PoolConfig } from 'pg'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { isOutage } from './outage.js'
import { storableText } from './storable.js'

/** How long a query may take before it counts as unanswered; the server's own limit comes first. */
const STATEMENT_TIMEOUT_MS = 2_000
const LOCK_TIMEOUT_MS = 1_500
const CONNECT_TIMEOUT_MS = 1_500
/** Beyond the server's limit: only a server that hangs or a network that swallows gets here. */
const ANSWER_TIMEOUT_MS = 2_300
const END_TIMEOUT_MS = 2_000

/**
 * A pool whose every failure to reach PostgreSQL is a `StoreUnavailable` within about 2 s, and which never lends out a
 * connection that failed before.
 */
export class GuardedPool implements PostgresPool {
  readonly options: object
  /** While true nobody waits for a server that is known to be away; only `probe` still asks it. */
  isShut = false
  readonly #pool: Pool
  readonly #onOutage: () => void

  /** @param onOutage told of each failed attempt; must not throw */
  constructor(config: PoolConfig, onOutage: () => void = () => undefined) {
    this.#onOutage = onOutage
    this.#pool = new Pool({
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      keepAlive: true,
      // The pool waits for it; its types do not say so yet.
      onConnect: (client) => prepareSession(client) as unknown as undefined,
      ...config,
    })
    this.options = this.#pool.options
    // An idle connection that dies tells the pool; without a listener that would end the process.
    this.#pool.on('error', onOutage)
    // The pool takes its own listener off while a connection is lent.
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
        // What follows on a connection that hangs would wait behind what hangs: a rollback, for one.
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

  /** Ends the connections; gives up waiting for a server that hangs after 2 s. */
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

/** The server itself said no (a lock, a cancelled statement): the connection is sound. */
function isAnswer(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' && /^(57014|55P03|25006|40...|53100|53200)$/.test(code)
}

async function prepareSession(client: ClientBase): Promise<void> {
  // Not as start-up parameters: a session pooler refuses those it does not know. What is answered as stored must
  // outlive a crash of the server, however its owner set it up; stricter settings than ours stay.
  await client.query(
    `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET lock_timeout = ${LOCK_TIMEOUT_MS};
     SET idle_in_transaction_session_timeout = 10000; SET timezone = 'UTC';
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
  )
}
