import { setTimeout as wait } from 'node:timers/promises'
import type { FanOutCase, FanOutName } from './fan-out-cases.ts'
import type { LoadDriver } from './load-driver.ts'
import type { Measured, Target } from './load/commands.ts'
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
  /** Without the cases that are left out for this server. */
  readonly fanOut: FanOutRuns
  readonly publishReply: Measured
  readonly connects: Measured
}

export type FanOutRuns = Readonly<Partial<Record<FanOutName, Measured>>>

/** Between measurements: closed connections leave work behind, such as close records and garbage. */
const PAUSE_MS = 700

export async function measureRun(server: ServerName, bench: Bench): Promise<Run> {
  const { plan, load, signal } = bench
  const started = await servers[server](bench)
  const { target } = started
  const fanOut = (turn: FanOutCase['turn']): Promise<FanOutRuns> =>
    measureFanOut(
      target,
      plan.fanOut.filter((each) => each.turn === turn && each.servers.includes(server)),
      bench,
    )
  const pause = (): Promise<void> => wait(PAUSE_MS, undefined, { signal })
  try {
    const first = await fanOut('first')
    const publishReply = await load.run({
      kind: 'echo',
      target,
      connections: plan.echoConnections,
      outstanding: plan.echoOutstanding,
      warmMs: plan.echoWarmMs,
      measureMs: plan.measureMs,
    })
    await pause()
    const middle = await fanOut('middle')
    const connects = await load.run({ kind: 'connects', target, count: plan.connects, atOnce: plan.connectsAtOnce })
    await pause()
    const last = await fanOut('last')
    return { server, fanOut: { ...first, ...middle, ...last }, publishReply, connects }
  } finally {
    await started.stop()
  }
}

/** Measures one case after the other, with a pause after each. */
export async function measureFanOut(
  target: Target,
  cases: readonly FanOutCase[],
  { load, signal }: Bench,
): Promise<FanOutRuns> {
  const found: Partial<Record<FanOutName, Measured>> = {}
  for (const { name, rooms, membersEach, messagesPerSecond, warmMs, measureMs } of cases) {
    const sizes = { rooms, membersEach, messagesPerSecond, warmMs, measureMs }
    found[name] = await load.run({ kind: 'fanOut', target, ...sizes })
    await wait(PAUSE_MS, undefined, { signal })
  }
  return found
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
