import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartRefusal } from '../../config/start-refusal.js'

/** Written by each start beside the data: who watches over PostgreSQL, and for which node. */
export interface Watch {
  readonly supervisorPid: number
  readonly nodePid: number
  /** The folder of the Unix socket, to be removed when the start after a crash finds it. */
  readonly socketFolder: string
}

const STOP_DEADLINE_MS = 15_000
const POLL_MS = 20

/** The file in `dataDir` that holds the `Watch`. */
export function watchFile(dataDir: string): string {
  return join(dataDir, 'postgres.watch.json')
}

/**
 * Clears what an earlier start left: waits for its supervisor to finish stopping, stops a PostgreSQL that nobody
 * watches any more, and removes pid files of processes that are gone or were never PostgreSQL (after a reboot, or in a
 * container, the number may belong to anybody, and PostgreSQL itself would then refuse to start).
 *
 * @throws StartRefusal where a living node is using the data
 */
export async function clearLeftovers(dataDir: string, dataFolder: string): Promise<void> {
  const watch = readWatch(dataDir, dataFolder)
  if (watch !== undefined && isSupervisor(watch.supervisorPid, dataFolder)) {
    if (watch.nodePid !== process.pid && isAlive(watch.nodePid)) {
      throw new StartRefusal(
        `The database in ${dataFolder} is in use by process ${watch.nodePid}. ` +
          'Stop that process, or set DATA_DIR to another folder.',
      )
    }
    await untilGone(watch.supervisorPid, () => isSupervisor(watch.supervisorPid, dataFolder))
  }
  const pidFile = join(dataFolder, 'postmaster.pid')
  const pid = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, 'utf8'), 10) : Number.NaN
  if (isPostgresOn(pid, dataFolder)) {
    process.kill(pid, 'SIGINT')
    await untilGone(pid, () => isPostgresOn(pid, dataFolder))
  }
  rmSync(pidFile, { force: true })
  if (watch !== undefined) rmSync(watch.socketFolder, { recursive: true, force: true })
  rmSync(watchFile(dataDir), { force: true })
}

function readWatch(dataDir: string, dataFolder: string): Watch | undefined {
  try {
    const read = JSON.parse(readFileSync(watchFile(dataDir), 'utf8')) as Partial<Watch>
    const { supervisorPid, nodePid, socketFolder } = read
    if (typeof supervisorPid !== 'number' || typeof nodePid !== 'number' || typeof socketFolder !== 'string') {
      return undefined
    }
    // Only a folder that this program names so is ever removed, whatever the file says.
    const isOurs = socketFolder === join(dirname(dataFolder), 'run') || /\/gatehouse-[A-Za-z0-9]{6}$/.test(socketFolder)
    return isOurs ? { supervisorPid, nodePid, socketFolder } : undefined
  } catch {
    return undefined
  }
}

async function untilGone(pid: number, isThere: () => boolean): Promise<void> {
  const deadline = performance.now() + STOP_DEADLINE_MS
  while (isThere()) {
    if (performance.now() > deadline) {
      throw new StartRefusal(
        `Process ${pid} of an earlier start does not end. Stop it ("kill ${pid}") and start again.`,
      )
    }
    await delay(POLL_MS)
  }
}

/** Whether a process with this pid exists, whoever owns it. A zombie counts as gone: it holds nothing. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

function isPostgresOn(pid: number, dataFolder: string): boolean {
  const words = commandLine(pid)
  return words.includes(dataFolder) && words.some((word) => word.endsWith('postgres'))
}

function isSupervisor(pid: number, dataFolder: string): boolean {
  const words = commandLine(pid)
  return words.includes(dataFolder) && words.some((word) => /supervisor\.(js|ts)$/.test(word))
}

function commandLine(pid: number): string[] {
  if (!isAlive(pid)) return []
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ')
  } catch {
    return []
  }
}
