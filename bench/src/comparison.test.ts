import { describe, expect, it } from 'vitest'
import { compare, isWithinTolerance, type ComparisonRow, type Round } from './comparison.ts'
import { fanOutCases } from './fan-out-cases.ts'
import type { Effort, Measured } from './load/commands.ts'
import type { Run } from './measure.ts'
import { COMPARISON_PLAN, QUICK_PLAN } from './plan.ts'
import type { RejoinRun, SlowReadersRun } from './scenarios.ts'
import { comparisonTable } from './tables.ts'

const latencyMs = { p50: 1, p99: 2, p999: 3, samples: 3 }
const effort: Effort = { seconds: 2, serverCpuMs: 500, loadCpuMs: 500, otherCpuMs: 20, marks: [] }
const runThatTakes = (serverCpuMs: number): Run => {
  const measured: Measured = { ...effort, done: 1000, serverCpuMs, latencyMs }
  return {
    server: 'gatehouse',
    fanOut: Object.fromEntries(QUICK_PLAN.fanOut.map(({ name }) => [name, measured])),
    publishReply: measured,
    connects: measured,
  }
}
const slowReaders: SlowReadersRun = {
  ...effort,
  before: latencyMs,
  during: latencyMs,
  ratio: 1,
  closedAsSlow: 1,
}
const rejoin: RejoinRun = {
  ...effort,
  clients: 10,
  caughtUp: 10,
  rooms: { recovered: 100 },
  messages: 1000,
  ms: 800,
  latencyMs,
  from: 0,
  to: 800,
  loopP99Ms: 20,
}
const round = (nowCpuMs: number, beforeCpuMs: number, facts: Partial<Round> = {}): Round => ({
  runs: { now: runThatTakes(nowCpuMs), before: runThatTakes(beforeCpuMs) },
  idleBytes: { now: 8192, before: 8192 },
  slowReaders: { now: slowReaders, before: slowReaders },
  rejoins: { now: rejoin, before: rejoin },
  ...facts,
})
const rowOf = (rows: readonly ComparisonRow[], what: string): ComparisonRow => {
  const row = rows.find((candidate) => candidate.what.includes(what))
  if (row === undefined) throw new Error(`no figure is called ${what}`)
  return row
}

describe('the comparison with an earlier checkout', () => {
  it('divides the median of now by the median of before, and keeps the ratio of each round', () => {
    const row = rowOf(
      compare([round(12, 10), round(8, 10), round(30, 20)], QUICK_PLAN),
      '50 messages/s: CPU per delivery',
    )
    expect(row).toMatchObject({ unit: 'µs', now: 12, before: 10, ratio: 1.2, roundRatios: [1.2, 0.8, 1.5] })
  })

  it('compares every figure of Gatehouse with its earlier value', () => {
    const rows = compare(
      [
        round(10, 10, {
          idleBytes: { now: 9216, before: 8192 },
          slowReaders: { now: { ...slowReaders, ratio: 1.5 }, before: slowReaders },
          rejoins: { now: { ...rejoin, ms: 400 }, before: rejoin },
        }),
      ],
      QUICK_PLAN,
    )
    expect(rowOf(rows, 'idle connection')).toMatchObject({ unit: 'KB', now: 9.216, before: 8.192 })
    expect(rows.filter(({ ratio }) => ratio !== 1).map(({ what, ratio }) => [what, ratio])).toEqual([
      [rowOf(rows, 'idle connection').what, 1.125],
      [rowOf(rows, 'after ÷ before').what, 1.5],
      [rowOf(rows, 'time until all are answered').what, 0.5],
    ])
  })

  it.each([
    [0.949, false, 'outside'],
    [0.95, true, 'within 5 %'],
    [1, true, 'within 5 %'],
    [1.05, true, 'within 5 %'],
    [1.051, false, 'outside'],
    [Number.NaN, false, 'not measured'],
  ])('judges a ratio of %f', (ratio, isWithin, verdict) => {
    expect(isWithinTolerance({ ratio })).toBe(isWithin)
    const row: ComparisonRow = { what: '', unit: '', now: ratio, before: 1, ratio, roundRatios: [ratio] }
    expect(comparisonTable([row])).toMatch(new RegExp(`\\| ${verdict} \\|$`))
  })

  it('marks the values of a side whose runs were mostly disturbed', () => {
    const disturbed: SlowReadersRun = { ...slowReaders, marks: ['disturbed'] }
    const busyBefore = round(10, 10, { slowReaders: { now: slowReaders, before: disturbed } })
    const found = (...rounds: Round[]): string | undefined =>
      comparisonTable(compare(rounds, QUICK_PLAN))
        .split('\n')
        .find((line) => line.includes('of the others before'))
    expect(found(busyBefore, busyBefore, round(10, 10))).toContain('| 2.00 ms | 2.00 ms ‡ |')
    expect(found(busyBefore, round(10, 10), round(10, 10))).toContain('| 2.00 ms | 2.00 ms |')
  })

  it('compares rooms of every kind', () => {
    const rows = compare([round(10, 10)], COMPARISON_PLAN).map(({ what }) => what)
    for (const { label } of fanOutCases)
      expect(rows.filter((what) => what.startsWith(`${label}: `)).length).toBeGreaterThanOrEqual(3)
  })

  it('shows both values, their ratio, its range over the rounds, and the verdict', () => {
    const lines = comparisonTable(compare([round(12, 10), round(8, 10), round(30, 20)], QUICK_PLAN)).split('\n')
    expect(lines[0]).toBe('| figure | now | before | now ÷ before | in each run | verdict |')
    expect(lines[2]).toBe(
      '| fan-out, cold, 50 messages/s: CPU per delivery | 12.0 µs | 10.0 µs | 1.200 | 0.800 to 1.500 | outside |',
    )
    expect(lines.at(-1)).toContain('| 20.0 ms | 20.0 ms | 1.000 | 1.000 to 1.000 | within 5 % |')
  })
})
