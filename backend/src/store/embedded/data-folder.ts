import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StartRefusal } from '../../config/start-refusal.js'
import { POSTGRES_MAJOR } from './binaries.js'
import { giveTo, type Home } from './home.js'
import { commandAs, runNow } from './run-as.js'

/** The only role of the embedded server. Anybody who can open its socket may use it; the socket's folder is 0700. */
export const EMBEDDED_USER = 'gatehouse'

/** The database that holds everything. */
export const EMBEDDED_DATABASE = 'gatehouse'

/**
 * Creates the data folder on the first start and checks it on every later one.
 *
 * @throws StartRefusal if the folder belongs to another PostgreSQL version or cannot be created
 */
export function prepareDataFolder(home: Home): { isNew: boolean } {
  const { dataFolder } = home
  const found = readVersion(dataFolder) ?? readOtherVersion(dataFolder)
  if (found !== undefined && found.version !== String(POSTGRES_MAJOR)) {
    throw new StartRefusal(
      `${found.folder} was written by PostgreSQL ${found.version}; this version of Gatehouse brings PostgreSQL ` +
        `${POSTGRES_MAJOR} and cannot open it. Start the Gatehouse version that wrote it, or set DATA_DIR to another folder.`,
    )
  }
  if (found === undefined) initialise(home)
  giveTo(home.runAs, dataFolder)
  return { isNew: found === undefined }
}

function readVersion(folder: string): { folder: string; version: string } | undefined {
  const path = join(folder, 'PG_VERSION')
  return existsSync(path) ? { folder, version: readFileSync(path, 'utf8').trim() } : undefined
}

/** Finds a data folder of another major version if ours is missing: an empty start then would look like data loss. */
function readOtherVersion(dataFolder: string): { folder: string; version: string } | undefined {
  for (const name of readdirSync(dirname(dataFolder))) {
    if (!/^pg\d+$/.test(name) || name === basename(dataFolder)) continue
    const found = readVersion(join(dirname(dataFolder), name))
    if (found !== undefined) return found
  }
  return undefined
}

/** Creates the cluster in a temporary folder and renames it, so that an interrupted start leaves no partial one. */
function initialise(home: Home): void {
  if (existsSync(home.dataFolder) && readdirSync(home.dataFolder).length > 0) {
    throw new StartRefusal(
      `${home.dataFolder} holds files but no PG_VERSION, so it is not a PostgreSQL data folder. ` +
        'Restore it from a backup, move it away, or set DATA_DIR to another folder.',
    )
  }
  const partial = `${home.dataFolder}.new`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { mode: 0o700 })
  giveTo(home.runAs, partial)
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const options = ['-U', EMBEDDED_USER, '-A', 'trust', '-E', 'UTF8', ...locale, '--no-instructions', '--no-sync']
  const made = runNow(commandAs(home.runAs, home.binaries.initdb, ['-D', partial, ...options]))
  const single = commandAs(home.runAs, home.binaries.postgres, ['--single', '-D', partial, 'template1'])
  const result = made.status === 0 ? runNow(single, `CREATE DATABASE ${EMBEDDED_DATABASE}\n`) : made
  if (result.status !== 0) {
    rmSync(partial, { recursive: true, force: true })
    const said = result.error?.message ?? lastLine(result.stderr)
    throw new StartRefusal(
      `PostgreSQL could not prepare ${home.dataFolder}: ${said}. Check DATA_DIR and its free space.`,
    )
  }
  rmSync(home.dataFolder, { recursive: true, force: true })
  renameSync(partial, home.dataFolder)
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? 'no output'
}
