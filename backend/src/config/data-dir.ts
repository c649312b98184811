import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StartRefusal } from './start-refusal.js'

/** This process's lock on its DATA_DIR. */
export interface DataDirLock {
  /** Releases the folder for other processes. Further calls do nothing. */
  release(): void
}

interface Holder {
  readonly pid: number
  /** Distinguishes this process from a later one with the same pid; empty if the system gives no such mark. */
  readonly mark: string
}

/**
 * Creates `dataDir` and locks it for this process. Takes over a lock whose process has ended or whose pid now belongs
 * to another process.
 *
 * @throws StartRefusal if the folder cannot be written or a live process holds it
 */
export function lockDataDir(dataDir: string): DataDirLock {
  const file = join(dataDir, 'node.pid')
  const mine = JSON.stringify({ pid: process.pid, mark: markOf(process.pid) ?? '' })
  const partial = `${file}.${process.pid}.new`
  try {
    // Others may enter but not list it: the account that PostgreSQL runs under must reach its own folder inside.
    makeFolder(dataDir)
    writeFileSync(partial, mine, { mode: 0o644 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new StartRefusal(
      `DATA_DIR ${dataDir} cannot be written (${code}). Set DATA_DIR to a folder this account can write, or free space.`,
      { cause },
    )
  }
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (tryLink(partial, file)) return { release: () => release(file, mine) }
      const seen = readText(file)
      const holder = parseHolder(seen)
      if (holder !== undefined && isHolding(holder)) throw inUse(dataDir, holder.pid)
      takeAway(file, seen)
    }
    throw new StartRefusal(`DATA_DIR ${dataDir} is being locked by another process. Start one node per DATA_DIR.`)
  } finally {
    rmSync(partial, { force: true })
  }
}

/** Creates folder by folder, because Node's recursive mkdir never returns where none can be created, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o711 })
  } catch (error) {
    // Another start may have created it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function inUse(dataDir: string, pid: number): StartRefusal {
  return new StartRefusal(
    `DATA_DIR ${dataDir} is in use by process ${pid}. Stop that process, or set DATA_DIR to another folder.`,
  )
}

function tryLink(partial: string, file: string): boolean {
  try {
    linkSync(partial, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Removes a stale lock; if another start has replaced it in the meantime, puts that start's lock back. */
function takeAway(file: string, seen: string | undefined): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (readText(aside) !== seen) tryLink(aside, file)
  rmSync(aside, { force: true })
}

function release(file: string, mine: string): void {
  if (readText(file) === mine) rmSync(file, { force: true })
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    const { pid, mark } = JSON.parse(text ?? '') as Partial<Holder>
    return typeof pid === 'number' && typeof mark === 'string' ? { pid, mark } : undefined
  } catch {
    return undefined
  }
}

function isHolding({ pid, mark }: Holder): boolean {
  const now = markOf(pid)
  return now !== undefined && (mark === '' || now === mark)
}

/** Distinguishes process `pid` from earlier and later ones with that number; `undefined` if there is none. */
function markOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    }
    // Field 22 is the start time in ticks since boot; the name in field 2 may contain spaces and parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    if (fields[0] === 'Z') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`
  } catch {
    return undefined
  }
}
