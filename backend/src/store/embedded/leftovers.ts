import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartRefusal } from '../../config/start-refusal.js'

/** Written beside the data by each start: which process supervises PostgreSQL, and for which node. */
export interface Watch {
  readonly supervisorPid: number
  readonly nodePid: number
  /** The folder of the Unix socket; the next start removes it after a crash. */
  readonly socketFolder: string
}

const STOP_DEADLINE_MS = 15_000
const POLL_MS = 20

/** The file in `dataDir` that holds the `Watch`. */
export function watchFile(dataDir: string): string {
  return join(dataDir, 'postgres.watch.json')
}

/**
 * Cleans up after an earlier start: waits for its supervisor to finish stopping, stops a PostgreSQL without a
 * supervisor, and removes a pid file whose process has ended or is not PostgreSQL. After a reboot or in a container the
 * pid may belong to any process, and PostgreSQL would then refuse to start.
 *
 * @throws StartRefusal if a running node uses the data
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
    // Whatever the file says, only a folder with a name that this program gives is ever removed.
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
        `Process ${pid} of an earlier start does not end. Stop it ("kill ${pid}"), then start again.`,
      )
    }
    await delay(POLL_MS)
  }
}

/** Whether a process with this pid exists, whoever owns it. A zombie counts as ended: it holds no resources. */
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
