import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A process started through npm, with all that it printed. */
export interface Started {
  /** npm's own process. It leads a process group of its own, so `-pid` names the group as a terminal would. */
  readonly pid: number
  readonly child: ChildProcess
  readonly output: () => string
  /** The exit code of npm, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Runs `npm start` in `folder`. */
export function npmStart(folder: string, env: Readonly<Record<string, string>> = {}): Started {
  return start('npm', ['start', '--silent'], folder, env)
}

/** Runs any program as the leader of a process group of its own. */
export function start(file: string, args: string[], cwd: string, env: Readonly<Record<string, string>>): Started {
  const child = spawn(file, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  return { pid: child.pid ?? 0, child, output: () => output, ended }
}

/** Waits until `read` returns something; the error says what was seen instead. */
export async function eventually<T>(read: () => T | undefined, seen: () => string, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const value = read()
    if (value !== undefined) return value
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms; seen: ${seen()}`)
    await delay(20)
  }
}

/** The pids of all processes that `pid` started, and those they started. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      parents.set(Number(name), Number(fields[1]))
    } catch {
      // It ended while the folder was read.
    }
  }
  const found: number[] = []
  const pending = [pid]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [child, parent] of parents) {
      if (parent !== next) continue
      found.push(child)
      pending.push(child)
    }
  }
  return found
}

/** Those of `pids` that still run; a zombie does not. */
export function stillAlive(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      return false
    }
  })
}
