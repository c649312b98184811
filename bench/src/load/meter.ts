import { setTimeout as wait } from 'node:timers/promises'
import type { Latencies } from './latencies.ts'
import type { Effort, Measured, Target } from './commands.ts'
import { CPUS, idleMs } from './machine-idle.ts'
import { marksOf, type Arrival } from './marks.ts'
import { cpuMs, descendantsCpuMs } from './process-cpu.ts'

/** Counts and CPU between two moments. */
export class Meter {
  readonly #pid: number
  readonly #count: () => number
  readonly #childrenAtStart: number
  readonly #startedAt: number
  readonly #atStart: { readonly count: number; readonly server: number; readonly load: number; readonly idle: number }

  constructor(target: Target, count: () => number = () => 0) {
    this.#pid = target.pid
    this.#count = count
    // First, because it reads every process, which takes some milliseconds.
    this.#childrenAtStart = descendantsCpuMs(target.pid)
    this.#startedAt = performance.now()
    this.#atStart = { count: count(), server: cpuMs(target.pid), load: cpuMs(process.pid), idle: idleMs() }
  }

  /** With `messages` these are deliveries, and a server that falls behind shows. */
  stop(latencies: Latencies, messages?: { readonly published: number; readonly membersEach: number }): Measured {
    const done = this.#count() - this.#atStart.count
    if (messages === undefined) return { done, ...this.effort(), latencyMs: latencies.quantiles }
    const { published, membersEach } = messages
    const offered = published * membersEach
    return { done, offered, ...this.effort({ done, offered, membersEach }), latencyMs: latencies.quantiles }
  }

  effort(arrival?: Arrival): Effort {
    const serverCpuMs = cpuMs(this.#pid) - this.#atStart.server
    const loadCpuMs = cpuMs(process.pid) - this.#atStart.load
    const idle = idleMs() - this.#atStart.idle
    const ms = performance.now() - this.#startedAt
    const childrenCpuMs = descendantsCpuMs(this.#pid) - this.#childrenAtStart
    const otherCpuMs = Math.max(0, ms * CPUS - idle - serverCpuMs - childrenCpuMs - loadCpuMs)
    const taken = { seconds: ms / 1000, serverCpuMs, loadCpuMs, otherCpuMs }
    return { ...taken, marks: marksOf(taken, arrival) }
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
