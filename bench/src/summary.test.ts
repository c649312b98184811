import { describe, expect, it } from 'vitest'
import { chart } from './chart.ts'
import { doubts } from './doubts.ts'
import { median } from './goal.ts'
import type { Measured } from './load/commands.ts'
import type { Run } from './measure.ts'
import { SERVER_NAMES } from './servers.ts'
import { byServer, ratio, summarize, type Row } from './summary.ts'
import type { Caption } from './svg.ts'
import { table } from './tables.ts'

const measured = (facts: Partial<Measured> = {}): Measured => ({
  done: 1000,
  seconds: 2,
  serverCpuMs: 10,
  loadCpuMs: 500,
  latencyMs: { p50: 1, p99: 2, p999: 3, samples: 3 },
  ...facts,
})
const run = (server: Run['server'], facts: Partial<Measured> = {}): Run => ({
  server,
  fanOutAt50: measured(facts),
  fanOutAt200: measured(facts),
  publishReply: measured(facts),
  connects: measured(facts),
})
const rowsWhereGatehouseTakes = (serverCpuMs: number): Row[] =>
  summarize(
    SERVER_NAMES.map((server) => run(server, server === 'gatehouse' ? { serverCpuMs } : {})),
    byServer((server) => (server === 'gatehouse' ? 8192 : 6144)),
  )

describe('the summary', () => {
  it('takes the median, so that one bad run changes nothing', () => {
    expect([median([3, 1, 900]), median([4, 2])]).toEqual([3, 3])
  })

  it('shows CPU per delivery of all servers with ratios and goal', () => {
    const rows = rowsWhereGatehouseTakes(8)
    const [first] = rows as [Row]
    expect(first.medians).toEqual({ plain: 10, socketIo: 10, nest: 10, gorilla: 10, gatehouse: 8 })
    expect([ratio(first, 'gatehouse', 'plain'), ratio(first, 'nest', 'plain')]).toEqual([0.8, 1])
    expect(rows.at(-1)?.medians).toMatchObject({ plain: 6, gatehouse: 8 })
    expect(table(rows)).toContain(
      '| 8.00 µs | **0.80** × 10.0 µs | **0.80** × 10.0 µs | **0.80** × 10.0 µs | **0.80** × 10.0 µs | ≤ 1.00 × plain `ws`, met |',
    )
  })

  it('compares a figure with more than one server where it has goals for them', () => {
    const lines = table(rowsWhereGatehouseTakes(4)).split('\n')
    expect(lines.at(-1)).toContain('≤ 1.50 × plain `ws`, met; ≤ 0.50 × gorilla (Go), missed')
    expect(lines.find((line) => line.includes('delivered per CPU second'))).toContain('≥ 2.00 × gorilla (Go), met')
  })

  it('says when a goal was missed', () => {
    expect(table(rowsWhereGatehouseTakes(11))).toContain('**1.10** × 10.0 µs | ≤ 1.00 × plain `ws`, missed |')
  })

  it('doubts a run that lost deliveries, and one whose load process was the bottleneck', () => {
    const lost = run('gatehouse', { published: 10, deliveredInAll: 95 })
    expect(doubts([lost], 10)).toContain(
      'Gatehouse, fan-out at 50/s: 5 of 100 deliveries had not arrived 8 s after the last publish',
    )
    expect(doubts([run('plain', { loadCpuMs: 1990 })], 10)).toContain(
      'plain `ws`, connects: the load process used its whole core',
    )
    expect(doubts([run('plain')], 10)).toEqual([])
  })
})

describe('the chart', () => {
  const captions: Caption = { title: 'A < B', notes: ['n & m', 'o'] }
  const svg = chart(rowsWhereGatehouseTakes(8), captions)
  /** Width of the first bar of this class. */
  const width = (of: string, mark: string): number =>
    Number(new RegExp(`class="${mark}" x="268" [^>]*width="([\\d.]+)"`).exec(of)?.[1])

  it('draws bars as long as their ratios, and cuts off those that are too long', () => {
    expect(width(svg, 'g') / width(svg, 's')).toBeCloseTo(0.8, 2)
    const long = chart(rowsWhereGatehouseTakes(500), captions)
    expect(width(long, 'g')).toBe(width(long, 's') * 4)
    expect(long).toContain('>50.00 ×<')
  })

  it('describes itself in words, and loads nothing external', () => {
    expect(svg).toContain('<title id="t">A &lt; B</title>')
    expect(svg).toContain(
      'CPU per delivery, 50 messages/s: Gatehouse 0.80, Socket.IO 1.00, stock Nest 1.00, gorilla (Go) 1.00',
    )
    expect(svg).not.toMatch(/<script|href|url\(|@import|NaN/)
  })
})
