import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartRefusal } from '../../config/start-refusal.js'
import { binariesIn, POSTGRES_MAJOR, type PostgresBinaries } from './binaries.js'
import { canRun, runCandidates, type RunAs } from './run-as.js'

/** Where an embedded server has its files and how it runs. */
export interface Home {
  readonly binaries: PostgresBinaries
  readonly runAs: RunAs
  /** The PostgreSQL data folder; it need not exist yet. */
  readonly dataFolder: string
}

const dataName = `pg${POSTGRES_MAJOR}`

/** The file with the path of the folder that the data moved to if only root can reach DATA_DIR. */
const movedNote = `${dataName}.moved`

/** Folders that survive a reboot and that other accounts may enter. */
const reachableRoots = ['/var/lib', '/var/tmp']

/**
 * Picks an identity that can run the programs and enter the data's folder. If none can (root, a closed home and no user
 * namespaces), the programs are copied and the data is moved to a folder that an account can reach.
 *
 * @throws StartRefusal if no identity can run PostgreSQL there either
 */
export function chooseHome(
  dataDir: string,
  binaries: PostgresBinaries,
  candidates: readonly RunAs[] = runCandidates(),
): Home {
  const moved = movedFolder(dataDir)
  const parent = moved ?? dataDir
  const inPlace = candidates.find((runAs) => canRun(runAs, binaries.postgres, parent))
  if (inPlace !== undefined) return { binaries, runAs: inPlace, dataFolder: join(parent, dataName) }
  for (const runAs of candidates.filter((candidate) => candidate.kind === 'account')) {
    const folder = moved ?? reachableFolder(dataDir)
    const copied = copyBinaries(binaries, folder)
    if (!canRun(runAs, copied.postgres, folder)) continue
    if (moved === undefined) moveData(dataDir, folder)
    return { binaries: copied, runAs, dataFolder: join(folder, dataName) }
  }
  throw new StartRefusal(
    `PostgreSQL does not run as root, and no other identity can reach ${dataDir} and ${binaries.folder}. ` +
      'Start as an ordinary user, move the clone or DATA_DIR to a folder that others may enter, or set DATABASE_URL.',
  )
}

function movedFolder(dataDir: string): string | undefined {
  const note = join(dataDir, movedNote)
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : undefined
}

function reachableFolder(dataDir: string): string {
  const name = `gatehouse-${createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 12)}`
  for (const root of reachableRoots) {
    const folder = join(root, name)
    try {
      mkdirSync(folder, { recursive: true, mode: 0o711 })
      chmodSync(folder, 0o711)
      // Anybody may create folders in /var/tmp, so only a folder that we own gets the data.
      if (statSync(folder).uid === process.getuid?.()) return folder
    } catch {
      continue
    }
  }
  throw new StartRefusal(
    `No other account can reach ${dataDir}, and ${reachableRoots.join(' and ')} allow no folder for PostgreSQL's data. ` +
      'Set DATA_DIR to a folder that other accounts may enter, or set DATABASE_URL.',
  )
}

function copyBinaries(binaries: PostgresBinaries, folder: string): PostgresBinaries {
  const target = join(folder, `postgresql-${binaries.version}`)
  if (!existsSync(target)) {
    const partial = `${target}.new`
    rmSync(partial, { recursive: true, force: true })
    copyFolder(binaries.folder, partial)
    execFileSync('chmod', ['-R', 'a+rX', partial])
    renameSync(partial, target)
  }
  return binariesIn(target, binaries.version)
}

/** Copies with modes, links and owners; Node's own recursive copy loses the modes. `to` must not exist. */
export function copyFolder(from: string, to: string): void {
  execFileSync('cp', ['-Rp', from, to])
}

function moveData(dataDir: string, folder: string): void {
  const from = join(dataDir, dataName)
  const to = join(folder, dataName)
  if (existsSync(from)) {
    for (const old of [to, `${to}.new`]) rmSync(old, { recursive: true, force: true })
    copyFolder(from, `${to}.new`)
    renameSync(`${to}.new`, to)
  }
  writeFileSync(join(dataDir, movedNote), `${folder}\n`, { mode: 0o644 })
  if (existsSync(from)) renameSync(from, `${from}.before-move`)
}

/**
 * Gives `folder` and everything in it to `runAs`; PostgreSQL opens only folders that it owns. The top folder changes
 * last, so that an interrupted change is noticed and repeated.
 */
export function giveTo(runAs: RunAs, folder: string): void {
  if (process.getuid?.() !== 0) return
  const owner = statSync(folder)
  if (owner.uid === runAs.uid && owner.gid === runAs.gid) return
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, entry), runAs.uid, runAs.gid)
  }
  chownSync(folder, runAs.uid, runAs.gid)
}
