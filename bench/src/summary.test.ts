import { describe, expect, it } from 'vitest'
import type { Measured } from './load/commands.ts'
import type { Run } from './measure.ts'
import { doubts, median, summarize, table } from './summary.ts'

const measured = (facts: Partial<Measured> = {}): Measured => ({
  done: 1000,
  seconds: 2,
  serverCpuMs: 10,
  loadCpuMs: 500,
  latencyMs: { p50: 1, p99: 2, samples: 3 },
  ...facts,
})
const run = (server: Run['server'], facts: Partial<Measured> = {}): Run => ({
  server,
  fanOutAt50: measured(facts),
  fanOutAt200: measured(facts),
  publishReply: measured(facts),
  connects: measured(facts),
})

describe('the summary', () => {
  it('takes the median, so that one bad run moves nothing', () => {
    expect([median([3, 1, 900]), median([4, 2])]).toEqual([3, 3])
  })

  it('sets CPU per delivery of both beside each other with their ratio and goal', () => {
    const rows = summarize([run('plain'), run('gatehouse', { serverCpuMs: 8 })], { plain: 6144, gatehouse: 8192 })
    expect(rows[0]).toMatchObject({ plain: 10, gatehouse: 8, ratio: 0.8, goal: { atMost: 1 } })
    expect(rows.at(-1)).toMatchObject({ plain: 6, gatehouse: 8 })
    expect(table(rows)).toContain('| 10.0 µs | 8.0 µs | 0.80 | ≤ 1.00 met |')
  })

  it('doubts a run that lost deliveries and one that measured the load itself', () => {
    const lost = run('gatehouse', { published: 10, deliveredInAll: 95 })
    expect(doubts([lost], 10)).toContain(
      'gatehouse, fan-out at 50/s: 5 of 100 deliveries had not arrived 8 s after the last publish',
    )
    expect(doubts([run('plain', { loadCpuMs: 1990 })], 10)).toContain(
      'plain, connects: the load process used its whole core',
    )
    expect(doubts([run('plain')], 10)).toEqual([])
  })
})
