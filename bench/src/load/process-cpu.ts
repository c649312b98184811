import { readdirSync, readFileSync } from 'node:fs'

export const TICK_MS = 10

/**
 * CPU time of all threads of a process, milliseconds, as the kernel counts it: in nanoseconds where schedstat is on,
 * else in ticks of 10 ms. Only ticks include threads that have ended.
 */
export function cpuMs(pid: number): number {
  try {
    let nanos = 0
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanos += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    }
    if (nanos > 0) return nanos / 1e6
  } catch {
    // The kernel has no schedstat, or a thread ended between the listing and the read: use ticks.
  }
  const { own } = ticksOf(pid)
  return own * TICK_MS
}

/**
 * CPU time of all processes below this one, milliseconds, those that have ended included. They are found by their
 * parents, so one that was detached and given to another parent is missing.
 */
export function descendantsCpuMs(pid: number): number {
  const all = new Map<number, Ticks>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      all.set(Number(name), ticksOf(Number(name)))
    } catch {
      // It ended between the listing and the read.
    }
  }
  let ticks = all.get(pid)?.ended ?? 0
  for (const each of all.values()) {
    let parent: number | undefined = each.parent
    while (parent !== undefined && parent !== pid) parent = all.get(parent)?.parent
    if (parent === pid) ticks += each.own + each.ended
  }
  return ticks * TICK_MS
}

interface Ticks {
  readonly parent: number
  readonly own: number
  /** Of its children that have ended. */
  readonly ended: number
}

function ticksOf(pid: number): Ticks {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number)
  const sum = (first: number): number => (fields[first] ?? 0) + (fields[first + 1] ?? 0)
  return { parent: fields[1] ?? 0, own: sum(11), ended: sum(13) }
}

/** Proportional set size of a process, bytes: each shared page is divided among its users. */
export function pssBytes(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  if (match === null) throw new Error(`/proc/${pid}/smaps_rollup holds no Pss`)
  return Number(match[1]) * 1024
}
