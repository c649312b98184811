import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartRefusal } from './start-refusal.js'

/** 256 bits, as HS256 requires. */
const SECRET_BYTES = 32

/**
 * The secret `name` of `dataDir`, created at its first use. It is in `secrets/<name>`, readable by its owner only.
 *
 * @returns the secret as base64url text
 * @throws StartRefusal if the file is damaged or cannot be read
 */
export function keptSecret(dataDir: string, name: string): string {
  return keepOnce(
    join(dataDir, 'secrets'),
    name,
    0o600,
    () => randomBytes(SECRET_BYTES).toString('base64url'),
    (text) => /^[A-Za-z0-9_-]{43,}$/.test(text),
  )
}

/** The id of this node: `fromEnvironment`, else the one in `dataDir/node-id`, created at the first start. */
export function keptNodeId(dataDir: string, fromEnvironment: string | undefined): string {
  if (fromEnvironment !== undefined) return fromEnvironment
  return keepOnce(
    dataDir,
    'node-id',
    0o644,
    () => `node-${randomBytes(4).toString('hex')}`,
    (text) => /^[A-Za-z0-9_.-]{1,64}$/.test(text),
  )
}

function keepOnce(
  folder: string,
  name: string,
  mode: number,
  make: () => string,
  isWhole: (text: string) => boolean,
): string {
  const file = join(folder, name)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (statSync(file, { throwIfNoEntry: false }) === undefined) writeOnce(file, mode, make())
    if ((statSync(file).mode & 0o777) !== mode) chmodSync(file, mode)
    const text = readFileSync(file, 'utf8').trim()
    if (isWhole(text)) return text
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new StartRefusal(
      `${file} cannot be read or created (${code}). Set DATA_DIR to a folder this account can write.`,
      {
        cause,
      },
    )
  }
  throw new StartRefusal(`${file} is damaged. Restore it, or remove it; the next start then creates a new one.`)
}

/** Writes the whole file or nothing, and never over another process's: the file gets its name once it is complete. */
function writeOnce(file: string, mode: number, text: string): void {
  const partial = `${file}.${process.pid}.new`
  writeFileSync(partial, `${text}\n`, { mode, flush: true })
  try {
    linkSync(partial, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(partial, { force: true })
  }
}
