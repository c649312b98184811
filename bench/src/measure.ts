import { setTimeout as wait } from 'node:timers/promises'
import type { LoadDriver } from './load-driver.ts'
import type { Measured } from './load/commands.ts'
import { pssBytes } from './load/process-cpu.ts'
import type { BenchPlan } from './plan.ts'
import { servers, type ServerName } from './servers.ts'

/** What a measurement needs. */
export interface Bench {
  readonly plan: BenchPlan
  readonly load: LoadDriver
  /** Ends the measurement. */
  readonly signal: AbortSignal
  /** The built backend that Gatehouse runs from; this clone's by default. */
  readonly backendMain?: string
}

/** What one fresh server did in one repetition. */
export interface Run {
  readonly server: ServerName
  readonly fanOutAt50: Measured
  readonly fanOutAt200: Measured
  readonly publishReply: Measured
  readonly connects: Measured
}

/** Between measurements: closed connections leave work behind, such as close records and garbage. */
const PAUSE_MS = 700

export async function measureRun(server: ServerName, bench: Bench): Promise<Run> {
  const { plan, load, signal } = bench
  const started = await servers[server](bench)
  const { target } = started
  const { members, warmMs, measureMs } = plan
  const fanOut = (messagesPerSecond: number): Promise<Measured> =>
    load.run({ kind: 'fanOut', target, members, messagesPerSecond, warmMs, measureMs })
  const pause = (): Promise<void> => wait(PAUSE_MS, undefined, { signal })
  try {
    const publishReply = await load.run({
      kind: 'echo',
      target,
      connections: plan.echoConnections,
      outstanding: plan.echoOutstanding,
      warmMs,
      measureMs,
    })
    await pause()
    const fanOutAt50 = await fanOut(50)
    await pause()
    const fanOutAt200 = await fanOut(200)
    await pause()
    const connects = await load.run({ kind: 'connects', target, count: plan.connects, atOnce: plan.connectsAtOnce })
    return { server, fanOutAt50, fanOutAt200, publishReply, connects }
  } finally {
    await started.stop()
  }
}

/** Memory of one more idle connection on a server that holds some already, bytes. */
export async function measureIdleBytes(server: ServerName, bench: Bench): Promise<number> {
  const { plan, load, signal } = bench
  const started = await servers[server](bench)
  const { target } = started
  const rest = (): Promise<void> => wait(plan.idleMs, undefined, { signal })
  try {
    // Half as many are opened first, so that what a server allocates only once, such as its young heap, is not counted.
    await load.run({ kind: 'hold', target, count: Math.ceil(plan.idle / 2) })
    await rest()
    const before = pssBytes(target.pid)
    await load.run({ kind: 'hold', target, count: plan.idle })
    await rest()
    const bytes = (pssBytes(target.pid) - before) / plan.idle
    await load.run({ kind: 'release' })
    return bytes
  } finally {
    await started.stop()
  }
}
