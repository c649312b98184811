import { existsSync, mkdtempSync, chmodSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import { findBinaries } from './binaries.js'
import { prepareDataFolder } from './data-folder.js'
import { startEmbedded, type EmbeddedConnection, type EmbeddedPostgres } from './embedded-postgres.js'
import { chooseHome, copyFolder } from './home.js'

/** A test's own database, on a real PostgreSQL. */
export interface TestDatabase {
  readonly connection: EmbeddedConnection
  /** Drops the database; connections still open to it are cut. */
  close(): Promise<void>
}

/** Tables that many tests need: created once per process and then copied, which takes about 20 ms. */
export interface TestTemplate {
  readonly name: string
  prepare(connection: EmbeddedConnection): Promise<void>
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Tests do not need to survive a crash of the machine, and without syncs they take half the time. */
const hastySettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '32MB' }

// Kept on globalThis, not in the module: the test runner may load the module once per test file.
const shared = globalThis as unknown as {
  gatehouseTestServer?: Promise<EmbeddedPostgres>
  gatehouseTestTemplates?: Map<string, Promise<void>>
  gatehouseTestCount?: number
}

/**
 * A new database on a server that this process starts at the first call and that ends with the process.
 *
 * @param template tables to begin with; by default the database is empty
 */
export async function testDatabase(template?: TestTemplate): Promise<TestDatabase> {
  const server = await (shared.gatehouseTestServer ??= testServer())
  if (template !== undefined) await ensureTemplate(server, template)
  shared.gatehouseTestCount = (shared.gatehouseTestCount ?? 0) + 1
  const database = `test_${shared.gatehouseTestCount}`
  const from = template === undefined ? '' : ` TEMPLATE ${escapeIdentifier(template.name)} STRATEGY file_copy`
  await administer(server, `CREATE DATABASE ${database}${from}`)
  return {
    connection: { ...server.connection, database },
    close: () => administer(server, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  }
}

/** A separate server for a test that stops or kills it. Its folder is removed when it or this process ends. */
export async function testServer(): Promise<EmbeddedPostgres> {
  const dataDir = openTempFolder('gatehouse-test-')
  copyFolder(join(initialisedFolder(), 'pg18'), join(dataDir, 'pg18'))
  return startEmbedded({ dataDir, log: silent, settings: hastySettings, isTemporary: true })
}

/** A temporary folder that the account PostgreSQL runs under can enter. */
export function openTempFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(folder, 0o711)
  return folder
}

function ensureTemplate(server: EmbeddedPostgres, template: TestTemplate): Promise<void> {
  const templates = (shared.gatehouseTestTemplates ??= new Map())
  let made = templates.get(template.name)
  if (made === undefined) {
    made = administer(server, `CREATE DATABASE ${escapeIdentifier(template.name)}`).then(() =>
      template.prepare({ ...server.connection, database: template.name }),
    )
    templates.set(template.name, made)
  }
  return made
}

async function administer(server: EmbeddedPostgres, statement: string): Promise<void> {
  const client = new Client({ ...server.connection })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** An initialised data folder, created once per machine and copied: initdb takes ten times as long as a copy. */
function initialisedFolder(): string {
  const binaries = findBinaries()
  const folder = join(tmpdir(), `gatehouse-test-pg-${binaries.version}-${process.getuid?.() ?? 0}`)
  if (existsSync(join(folder, 'pg18', 'PG_VERSION')) && statSync(folder).uid === process.getuid?.()) return folder
  const made = openTempFolder('gatehouse-test-new-')
  prepareDataFolder(chooseHome(made, binaries))
  try {
    renameSync(made, folder)
  } catch {
    // Another process was faster; its folder is just as good. If there is none, the copy will fail.
    rmSync(made, { recursive: true, force: true })
  }
  return folder
}
