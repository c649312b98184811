import { Kysely, PostgresDialect } from 'kysely'
import { Client, type PoolConfig } from 'pg'
import { StartRefusal } from '../config/start-refusal.js'
import { GuardedPool } from './postgres/guarded-pool.js'
import { migrate, SCHEMA } from './postgres/migrate.js'
import { numberTypes } from './postgres/number-types.js'
import { checkSession } from './postgres/session-check.js'
import { SoleNodeLock } from './postgres/sole-node-lock.js'
import type { Database, Tables } from './postgres/tables.js'

/** The address of a server: DATABASE_URL, or where the embedded one listens. */
export type StoreConnection =
  string | { readonly host: string; readonly port: number; readonly user: string; readonly database: string }

export interface DatabaseOptions {
  readonly connection: StoreConnection
  /** Names the connections on the server. */
  readonly nodeId: string
  /** Whether this process must be the database's only node; false for commands that run beside a node. */
  readonly isSoleNode: boolean
  readonly log: { warn(message: string): void; error(message: string): void }
  /** The most connections for queries; the lock and the jobs have their own. */
  readonly poolSize?: number
}

/** PostgreSQL 14 is the oldest version that its project still supports. */
const OLDEST_SERVER = 140_000

/** An open database: checked, migrated and, where required, locked for this node alone. */
export class OpenDatabase {
  readonly db: Database
  readonly #pool: GuardedPool
  readonly #lock: SoleNodeLock | undefined
  readonly #outageListeners = new Set<() => void>()

  constructor(config: PoolConfig, lock: SoleNodeLock | undefined) {
    this.#lock = lock
    this.#pool = new GuardedPool(config, () => {
      for (const listener of this.#outageListeners) listener()
    })
    this.db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) }).withSchema(SCHEMA)
  }

  /** The listener is called, possibly often, when PostgreSQL cannot be reached or a connection breaks. */
  onOutage(listener: () => void): void {
    this.#outageListeners.add(listener)
  }

  /** Resolves when PostgreSQL answers; asks even while it counts as unreachable. @throws StoreUnavailable */
  probe(): Promise<void> {
    return this.#pool.probe()
  }

  /** Sets whether queries are tried; while false, each fails at once. */
  setReachable(isReachable: boolean): void {
    this.#pool.isShut = !isReachable
  }

  /** Ends all connections and releases the database. */
  async close(): Promise<void> {
    await this.#lock?.release()
    await this.#pool.end()
  }
}

/**
 * Connects, checks that the connection is a session of its own, takes the sole-node lock if required, and brings the
 * tables up to date.
 *
 * @throws StartRefusal in one clear line
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const config: PoolConfig = {
    ...(typeof options.connection === 'string' ? { connectionString: options.connection } : options.connection),
    application_name: `gatehouse ${options.nodeId}`,
    types: numberTypes,
  }
  await checkServer(config)
  const lock = options.isSoleNode ? new SoleNodeLock(config, (message) => options.log.error(message)) : undefined
  await lock?.acquire()
  try {
    await migrate(config)
    return new OpenDatabase({ ...config, max: options.poolSize ?? 10 }, lock)
  } catch (error) {
    await lock?.release()
    throw error
  }
}

async function checkServer(config: PoolConfig): Promise<void> {
  const clients = [newClient(config), newClient(config)] as const
  try {
    for (const client of clients) await client.connect()
    const { rows } = await clients[0].query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    )
    const version = rows[0]?.version ?? 0
    if (version < OLDEST_SERVER)
      throw new StartRefusal(
        `DATABASE_URL names a server of PostgreSQL ${Math.floor(version / 10_000)}; 14 or newer is required.`,
      )
    await checkSession(clients[0], clients[1])
  } catch (error) {
    if (error instanceof StartRefusal) throw error
    throw new StartRefusal(
      `PostgreSQL could not be reached with DATABASE_URL (${addressOf(config)}): ${textOf(error)}. Check that it runs there and that user, password and database exist.`,
      { cause: error },
    )
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
  }
}

function newClient(config: PoolConfig): Client {
  const client = new Client({ ...config, connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  client.on('error', () => undefined)
  return client
}

/** Host, port and database; never user or password. */
function addressOf(config: PoolConfig): string {
  if (config.connectionString === undefined) return `${config.host}:${config.port}/${config.database}`
  try {
    const url = new URL(config.connectionString)
    return `${url.host}${url.pathname}`
  } catch {
    return 'not a URL'
  }
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ')
  return error instanceof Error && error.message !== ''
    ? error.message
    : String((error as { code?: unknown }).code ?? error)
}
