import { setTimeout as wait } from 'node:timers/promises'
import type { Latencies } from './latencies.ts'
import type { Measured, Target } from './commands.ts'
import { cpuMs } from './process-cpu.ts'

/** Counts and CPU between two moments. */
export class Meter {
  readonly #pid: number
  readonly #count: () => number
  readonly #startedAt = performance.now()
  readonly #atStart: { readonly count: number; readonly server: number; readonly load: number }

  constructor(target: Target, count: () => number) {
    this.#pid = target.pid
    this.#count = count
    this.#atStart = { count: count(), server: cpuMs(target.pid), load: cpuMs(process.pid) }
  }

  stop(latencies: Latencies): Measured {
    return {
      done: this.#count() - this.#atStart.count,
      seconds: (performance.now() - this.#startedAt) / 1000,
      serverCpuMs: cpuMs(this.#pid) - this.#atStart.server,
      loadCpuMs: cpuMs(process.pid) - this.#atStart.load,
      latencyMs: latencies.quantiles,
    }
  }
}

/** Waits until `count` has not changed for half a second, at most `mostMs`, and returns it. */
export async function settledCount(count: () => number, mostMs: number): Promise<number> {
  const deadline = performance.now() + mostMs
  let last = count()
  let stillSince = performance.now()
  while (performance.now() < deadline && performance.now() - stillSince < 500) {
    await wait(50)
    if (count() !== last) stillSince = performance.now()
    last = count()
  }
  return last
}
