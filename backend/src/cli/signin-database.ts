import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.js'
import { lockDataDir } from '../config/data-dir.js'
import { openDatabase, type StoreConnection } from '../store/database.js'
import { EMBEDDED_DATABASE, EMBEDDED_USER } from '../store/embedded/data-folder.js'
import { startEmbedded } from '../store/embedded/embedded-postgres.js'
import { isAlive, type Watch, watchFile } from '../store/embedded/leftovers.js'
import { SOCKET_PORT } from '../store/embedded/spawn-supervisor.js'
import type { Database } from '../store/postgres/tables.js'

const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: (line: string) => void process.stderr.write(`${line}\n`),
}

/**
 * Runs `use` on the node's database: DATABASE_URL, the embedded server of the running node, or an embedded server
 * started just for this call.
 */
export async function withDatabase<T>(
  config: Pick<Config, 'dataDir' | 'store'>,
  use: (db: Database) => Promise<T>,
): Promise<T> {
  const { databaseUrl } = config.store
  const running = databaseUrl ?? runningEmbedded(config.dataDir)
  if (running !== undefined) return onConnection(running, use)
  const lock = lockDataDir(config.dataDir)
  try {
    const server = await startEmbedded({ dataDir: config.dataDir, log: quiet })
    try {
      return await onConnection(server.connection, use)
    } finally {
      await server.stop()
    }
  } finally {
    lock.release()
  }
}

async function onConnection<T>(connection: StoreConnection, use: (db: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase({ connection, nodeId: 'command', isSoleNode: false, log: quiet, poolSize: 1 })
  try {
    return await use(database.db)
  } finally {
    await database.close()
  }
}

/** Where the embedded server of a running node listens; undefined if no node runs. */
function runningEmbedded(dataDir: string): StoreConnection | undefined {
  try {
    const watch = JSON.parse(readFileSync(watchFile(dataDir), 'utf8')) as Watch
    if (!isAlive(watch.nodePid)) return undefined
    return { host: watch.socketFolder, port: SOCKET_PORT, user: EMBEDDED_USER, database: EMBEDDED_DATABASE }
  } catch {
    return undefined
  }
}
