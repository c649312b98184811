import { readdirSync, statSync } from 'node:fs'

/** The resources that this process uses. */
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

/** Counting takes tens of milliseconds with 20,000 files, so the count is reused this long. */
const COUNTED_ANEW_MS = 10_000

let counted: { readonly files: number; readonly atMs: number } | null = null

/** How many files this process has open, or null if the system does not say. */
export function openFiles(): number | null {
  try {
    // Since Linux 6.2 the folder's size is the number of files.
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
