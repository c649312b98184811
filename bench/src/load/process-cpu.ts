import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU time that a process has used in all its threads, milliseconds, from the kernel's own accounting: nanoseconds
 * where schedstat is on, ticks of 10 ms where it is not. Threads that ended in between are missed by the former.
 */
export function cpuMs(pid: number): number {
  try {
    let nanos = 0
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanos += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    }
    if (nanos > 0) return nanos / 1e6
  } catch {
    // Kernels without schedstat, and threads that end between the listing and the read, go by ticks.
  }
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Memory of a process, shared pages counted in proportion, bytes. */
export function pssBytes(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  if (match === null) throw new Error(`/proc/${pid}/smaps_rollup holds no Pss`)
  return Number(match[1]) * 1024
}
