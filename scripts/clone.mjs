// This clone's folders, and the files through which its processes know about each other.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The clone's top folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** May be deleted at any time; git ignores it. */
export const SCRATCH = join(ROOT, 'tmp')

const RUNNING_FOLDER = join(SCRATCH, 'running')
const POLL_MS = 200

/** Notes that this process runs a node of this clone; the note is removed when the process exits normally. */
export function noteRunning() {
  mkdirSync(RUNNING_FOLDER, { recursive: true })
  const note = join(RUNNING_FOLDER, String(process.pid))
  writeFileSync(note, '')
  process.on('exit', () => {
    rmSync(note, { force: true })
  })
}

/** The pids of the other processes that run a node of this clone. */
export function runningNodes() {
  if (!existsSync(RUNNING_FOLDER)) return []
  const pids = readdirSync(RUNNING_FOLDER).map(Number)
  for (const pid of pids) if (!runsScript(pid)) rmSync(join(RUNNING_FOLDER, String(pid)), { force: true })
  return pids.filter((pid) => pid !== process.pid && runsScript(pid))
}

/** Runs `work` while no other process of this clone installs or builds. */
export async function alone(work, say) {
  mkdirSync(SCRATCH, { recursive: true })
  const lock = join(SCRATCH, 'prepare.lock')
  let hasSaid = false
  while (!take(lock)) {
    const holder = Number(readText(lock))
    if (!runsScript(holder)) rmSync(lock, { force: true })
    else if (!hasSaid) {
      say(`Waiting for process ${holder}, which is installing or building this clone`)
      hasSaid = true
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

// After a reboot, or in a container, the pid may belong to another program, so its command line is checked too.
function runsScript(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false
  if (pid === process.pid) return true
  try {
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' })
    return /\.mjs/.test(command)
  } catch {
    return false
  }
}
