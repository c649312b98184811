import { readdirSync, readFileSync } from 'node:fs'

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
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Proportional set size of a process, bytes: each shared page is divided among its users. */
export function pssBytes(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  if (match === null) throw new Error(`/proc/${pid}/smaps_rollup holds no Pss`)
  return Number(match[1]) * 1024
}
