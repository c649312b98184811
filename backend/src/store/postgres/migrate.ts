import { Kysely, PostgresDialect } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { Pool, type PoolConfig } from 'pg'
import { StartRefusal } from '../../config/start-refusal.js'
import * as access from './migrations/0001-access.js'
import * as audit from './migrations/0002-audit.js'
import * as policy from './migrations/0003-policy.js'
import * as operations from './migrations/0004-operations.js'
import * as records from './migrations/0005-records.js'
import * as nodesAndStats from './migrations/0006-nodes-and-stats.js'
import * as revokedApiKeys from './migrations/0007-revoked-api-keys.js'

export const SCHEMA = 'gatehouse'

const migrations: Readonly<Record<string, Migration>> = {
  '0001-access': access,
  '0002-audit': audit,
  '0003-policy': policy,
  '0004-operations': operations,
  '0005-records': records,
  '0006-nodes-and-stats': nodesAndStats,
  '0007-revoked-api-keys': revokedApiKeys,
}

/**
 * Brings the tables up to this version, under kysely's advisory lock: if several nodes start at once, one migrates and
 * the others wait.
 *
 * @returns the names of the migrations that ran
 * @throws StartRefusal if the tables are of a newer version or a migration fails
 */
export async function migrate(config: PoolConfig): Promise<readonly string[]> {
  // A pool of its own: a migration may take longer than any query of a running node.
  const pool = new Pool({ ...config, max: 1, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => undefined)
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    const migrator = new Migrator({
      db,
      provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
      migrationTableSchema: SCHEMA,
      migrationTableName: 'migrations',
      migrationLockTableName: 'migration_lock',
    })
    const { error, results } = await migrator.migrateToLatest()
    if (error !== undefined) throw refusalOf(error, results?.find((result) => result.status === 'Error')?.migrationName)
    return (results ?? []).map((result) => result.migrationName)
  } finally {
    await db.destroy()
  }
}

function refusalOf(error: unknown, migration: string | undefined): StartRefusal {
  const text = error instanceof Error ? error.message : String(error)
  if (text.startsWith('corrupted migrations'))
    return new StartRefusal(
      `The database's tables in schema ${SCHEMA} were made by a newer version of Gatehouse: start that version, or give this one another database.`,
      { cause: error },
    )
  return new StartRefusal(
    `The database's tables could not be brought up to date${migration === undefined ? '' : ` (${migration})`}: ${text}`,
    {
      cause: error,
    },
  )
}
