import type { Measured } from '../load/commands.ts'

/** A measurement of a server that keeps up, with these facts instead of the usual ones. */
export function measured(facts: Partial<Measured> = {}): Measured {
  return {
    done: 1000,
    seconds: 2,
    serverCpuMs: 10,
    loadCpuMs: 500,
    otherCpuMs: 20,
    marks: [],
    latencyMs: { p50: 1, p99: 2, p999: 3, samples: 3 },
    ...facts,
  }
}
