import { readdirSync } from 'node:fs'

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

/** Files this process holds open, or null where the system does not say. */
export function openFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return null
  }
}
