import { readFileSync } from 'node:fs'
import { TICK_MS } from './process-cpu.ts'

const IDLE = 3
const IO_WAIT = 4

/** CPUs of the machine, including those that this process may not use. */
export const CPUS = read().match(/^cpu\d/gm)?.length ?? 1

/**
 * Time that all CPUs of the machine have been idle, milliseconds. The kernel measures idle time exactly. The other times
 * of /proc/stat are sampled once a tick on most kernels, which misses work that timers start and that ends before the
 * next tick.
 */
export function idleMs(): number {
  const fields = read().split('\n', 1)[0]?.split(/\s+/).slice(1).map(Number) ?? []
  return ((fields[IDLE] ?? 0) + (fields[IO_WAIT] ?? 0)) * TICK_MS
}

function read(): string {
  return readFileSync('/proc/stat', 'utf8')
}
