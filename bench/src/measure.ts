import { setTimeout as wait } from 'node:timers/promises'
import type { LoadDriver } from './load-driver.ts'
import type { Measured } from './load/commands.ts'
import { pssBytes } from './load/process-cpu.ts'
import type { BenchPlan } from './plan.ts'
import { servers, type ServerName } from './servers.ts'

/** What one fresh server did in one repetition. */
export interface Run {
  readonly server: ServerName
  readonly fanOutAt50: Measured
  readonly fanOutAt200: Measured
  readonly publishReply: Measured
  readonly connects: Measured
}

/** Closed connections leave work behind (records, collectors); the next measurement waits it out. */
const PAUSE_MS = 700

export async function measureRun(server: ServerName, plan: BenchPlan, load: LoadDriver): Promise<Run> {
  const started = await servers[server]()
  const { target } = started
  const { members, warmMs, measureMs } = plan
  const fanOut = (messagesPerSecond: number): Promise<Measured> =>
    load.run({ kind: 'fanOut', target, members, messagesPerSecond, warmMs, measureMs })
  try {
    const publishReply = await load.run({
      kind: 'echo',
      target,
      connections: plan.echoConnections,
      outstanding: plan.echoOutstanding,
      warmMs,
      measureMs,
    })
    await wait(PAUSE_MS)
    const fanOutAt50 = await fanOut(50)
    await wait(PAUSE_MS)
    const fanOutAt200 = await fanOut(200)
    await wait(PAUSE_MS)
    const connects = await load.run({ kind: 'connects', target, count: plan.connects, atOnce: plan.connectsAtOnce })
    return { server, fanOutAt50, fanOutAt200, publishReply, connects }
  } finally {
    await started.stop()
  }
}

/** Memory that one more idle connection costs a server that has already held some, bytes. */
export async function measureIdleBytes(server: ServerName, plan: BenchPlan, load: LoadDriver): Promise<number> {
  const started = await servers[server]()
  const { target } = started
  try {
    // Half as many are held already: what a server sets up once, such as room for the newest objects, is not theirs.
    await load.run({ kind: 'hold', target, count: Math.ceil(plan.idle / 2) })
    await wait(plan.idleMs)
    const before = pssBytes(target.pid)
    await load.run({ kind: 'hold', target, count: plan.idle })
    await wait(plan.idleMs)
    const bytes = (pssBytes(target.pid) - before) / plan.idle
    await load.run({ kind: 'release' })
    return bytes
  } finally {
    await started.stop()
  }
}
