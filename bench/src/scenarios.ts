import type { StatsSeries } from '@gatehouse/protocol/rest'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { booksOf } from '../../e2e/src/support/books.ts'
import type { Rest } from '../../e2e/src/support/rest.ts'
import { tempFolder } from '../../e2e/src/support/temp-folder.ts'
import type { RejoinMeasured, SlowReadersMeasured } from './load/commands.ts'
import { measureFanOut, type Bench } from './measure.ts'
import { REST_VARIABLE, type RestRun } from './rest-curve.ts'
import { startGatehouse } from './servers.ts'

/** A node samples itself once a second; a sample can be read soon after its second. */
const POINT_MS = 1000

export interface SlowReadersRun extends SlowReadersMeasured {
  /** p99 of the members that kept reading, after the others stopped ÷ before. */
  readonly ratio: number
  /** Connections that the node closed as slow. */
  readonly closedAsSlow: number
}

export interface RejoinRun extends RejoinMeasured {
  /** The worst p99 of the loop delay in any second of the rejoin, as the node measured it. */
  readonly loopP99Ms: number
}

/** Measures a fresh node while some members stop reading. */
export async function measureSlowReaders(bench: Bench): Promise<SlowReadersRun> {
  const { plan, load } = bench
  const node = await startGatehouse({}, bench)
  try {
    const { members, warmMs, slowReaders } = plan
    const measured = await load.run({ kind: 'slowReaders', target: node.target, members, warmMs, ...slowReaders })
    const { closedByReason } = await booksOf(node.rest)
    const closedAsSlow = (closedByReason['slow_consumer_bytes'] ?? 0) + (closedByReason['slow_consumer_deadline'] ?? 0)
    return { ...measured, ratio: measured.during.p99 / measured.before.p99, closedAsSlow }
  } finally {
    await node.stop()
  }
}

/** Measures a fresh node, whose rooms keep history, while all clients come back at once. */
export async function measureRejoin(bench: Bench): Promise<RejoinRun> {
  const { plan, load, signal } = bench
  const folder = tempFolder('bench')
  try {
    const file = join(folder.path, 'rooms.json')
    writeFileSync(file, JSON.stringify({ roomTypes: [{ pattern: 'bench:*', kind: 'recoverable' }] }))
    const node = await startGatehouse({ GATEHOUSE_CONFIG: file }, bench)
    try {
      const measured = await load.run({ kind: 'rejoin', target: node.target, ...plan.rejoin })
      await wait(2 * POINT_MS, undefined, { signal })
      return { ...measured, loopP99Ms: await worstLoopP99(node.rest, measured) }
    } finally {
      await node.stop()
    }
  } finally {
    folder.remove()
  }
}

/** Measures a fresh node whose wide rooms rest while the event loop is busier than this share. */
export async function measureRest(above: number, bench: Bench): Promise<RestRun> {
  const node = await startGatehouse({ [REST_VARIABLE]: String(above) }, bench)
  try {
    return { above, fanOut: await measureFanOut(node.target, bench.plan.rest.fanOut, bench) }
  } finally {
    await node.stop()
  }
}

async function worstLoopP99(rest: Rest, { from, to }: { from: number; to: number }): Promise<number> {
  const { points } = await rest.get<StatsSeries>('/v1/stats', { from: from - POINT_MS, to: to + POINT_MS, step: 1 })
  const during = points.filter(({ at, seconds }) => at < to && at + seconds * 1000 > from)
  const measured = during.flatMap(({ quantiles }) => quantiles.loopMs?.p99 ?? [])
  return measured.length === 0 ? Number.NaN : Math.max(...measured)
}
