import { readdirSync, statSync } from 'node:fs'

/** What this process uses of its machine. */
export class ProcessReading {
  #cpuBefore = process.cpuUsage()
  #atBefore = performance.now()

  /** CPU since the last call as a share of one core, and memory in bytes. */
  take(): { readonly cpu: number; readonly heapBytes: number; readonly rssBytes: number } {
    const now = performance.now()
    const used = process.cpuUsage(this.#cpuBefore)
    const spanMs = Math.max(1, now - this.#atBefore)
    this.#cpuBefore = process.cpuUsage()
    this.#atBefore = now
    const { heapUsed, rss } = process.memoryUsage()
    return { cpu: (used.user + used.system) / 1000 / spanMs, heapBytes: heapUsed, rssBytes: rss }
  }
}

/** Counting names takes tens of milliseconds at 20,000 files; a number a little old serves as well. */
const COUNTED_ANEW_MS = 10_000

let counted: { readonly files: number; readonly atMs: number } | null = null

/** Files this process holds open, or null where the system does not say. */
export function openFiles(): number | null {
  try {
    // Since Linux 6.2 the folder's size is their number.
    const { size } = statSync('/proc/self/fd')
    return size > 0 ? size : countFiles(performance.now())
  } catch {
    return null
  }
}

function countFiles(nowMs: number): number {
  if (counted === null || nowMs - counted.atMs >= COUNTED_ANEW_MS)
    counted = { files: readdirSync('/proc/self/fd').length, atMs: nowMs }
  return counted.files
}
