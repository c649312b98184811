/**
 * A separate program that runs one PostgreSQL for one node, in its own session. Its standard input is a pipe from the
 * node. When that pipe closes for any reason, it stops PostgreSQL with a fast shutdown: a node that is killed leaves no
 * orphan, and a node that drains has its database until the last step. It reports events to the node on standard
 * output, one line of JSON each. It imports only from Node, so that it also runs from its TypeScript source.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** The node's order; the last argument, as JSON. */
export interface SupervisorOrder {
  readonly file: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
  /** Folders to remove once PostgreSQL has ended: the socket's folder, and a test's data. */
  readonly discard: readonly string[]
}

/** One line of the supervisor's output. `lines` are the last lines that PostgreSQL printed. */
export type SupervisorEvent =
  | { readonly event: 'up'; readonly pid: number }
  | { readonly event: 'down'; readonly how: string; readonly lines: readonly string[] }
  | { readonly event: 'failed'; readonly how: string; readonly lines: readonly string[] }

/** A fast shutdown writes a checkpoint; after this time PostgreSQL must end at once and recover at the next start. */
const FAST_STOP_MS = 8_000
const IMMEDIATE_STOP_MS = 3_000
const LONGEST_RESTART_DELAY_MS = 5_000
/** A server that ran this long counts as healthy, so its end resets the restart delay. */
const HEALTHY_AFTER_MS = 10_000
const LOG_LIMIT_BYTES = 4 * 1024 * 1024

let order: SupervisorOrder
let child: ChildProcess | undefined
let isStopping = false
let wasUp = false
let quickDeaths = 0
let restartTimer: NodeJS.Timeout | undefined
let recentLines: string[] = []

function tell(event: SupervisorEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

function start(): void {
  recentLines = []
  const startedAt = performance.now()
  const started = spawn(order.file, [...order.args], {
    cwd: '/',
    env: order.environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(order.uid === undefined ? {} : { uid: order.uid }),
    ...(order.gid === undefined ? {} : { gid: order.gid }),
  })
  child = started
  createInterface({ input: started.stderr }).on('line', (line) => {
    heard(line, started.pid ?? 0)
  })
  started.once('error', (error) => {
    ended(error.message, startedAt)
  })
  started.once('exit', (code, signal) => {
    ended(signal === null ? `exit code ${code}` : `signal ${signal}`, startedAt)
  })
}

function heard(line: string, pid: number): void {
  recentLines = [...recentLines.slice(-9), line]
  log(line)
  if (!line.includes('database system is ready to accept connections')) return
  wasUp = true
  tell({ event: 'up', pid })
}

function ended(how: string, startedAt: number): void {
  if (child === undefined) return
  child = undefined
  if (isStopping) {
    leave(0)
    return
  }
  if (!wasUp) {
    tell({ event: 'failed', how, lines: recentLines })
    leave(1)
    return
  }
  log(`PostgreSQL ended (${how}); starting it again`)
  tell({ event: 'down', how, lines: recentLines })
  quickDeaths = performance.now() - startedAt > HEALTHY_AFTER_MS ? 0 : quickDeaths + 1
  // The first try waits too: backends of a killed server keep its shared memory for a few more milliseconds.
  restartTimer = setTimeout(start, Math.min(LONGEST_RESTART_DELAY_MS, 50 * 2 ** quickDeaths))
}

function stop(): void {
  if (isStopping) return
  isStopping = true
  clearTimeout(restartTimer)
  const running = child
  if (running === undefined) {
    leave(0)
    return
  }
  running.kill('SIGINT')
  setTimeout(() => {
    running.kill('SIGQUIT')
    setTimeout(() => running.kill('SIGKILL'), IMMEDIATE_STOP_MS)
  }, FAST_STOP_MS)
}

function leave(code: number): void {
  for (const folder of order.discard) rmSync(folder, { recursive: true, force: true })
  // Exits only once the last line is in the pipe; an immediate exit could lose it.
  process.stdout.write('', () => process.exit(code))
}

function log(line: string): void {
  try {
    if ((statSync(order.logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) {
      renameSync(order.logFile, `${order.logFile}.1`)
    }
    appendFileSync(order.logFile, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 })
  } catch {
    // A full disk must not end the supervisor; the node learns of PostgreSQL's end through the pipe.
  }
}

function main(): void {
  order = JSON.parse(process.argv.at(-1) ?? '{}') as SupervisorOrder
  // A signal sent to all processes of a service must not stop the database while the node is still draining. Only the
  // end of the pipe stops this program.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  process.stdout.on('error', () => undefined)
  process.stdin.on('error', stop)
  process.stdin.on('end', stop)
  process.stdin.on('close', stop)
  process.stdin.resume()
  start()
}

main()
