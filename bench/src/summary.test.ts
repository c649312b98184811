import { describe, expect, it } from 'vitest'
import { chart } from './chart.ts'
import { doubts } from './doubts.ts'
import { fanOutCases } from './fan-out-cases.ts'
import { footnotesFor } from './footnotes.ts'
import { median } from './goal.ts'
import type { Measured } from './load/commands.ts'
import type { Mark } from './load/marks.ts'
import type { Run } from './measure.ts'
import { SERVER_NAMES, type ServerName } from './servers.ts'
import { byServer, ratio, summarize, type Row } from './summary.ts'
import type { Caption } from './svg.ts'
import { table } from './tables.ts'
import { measured } from './testing/measured.ts'

const run = (server: Run['server'], facts: Partial<Measured> = {}): Run => ({
  server,
  fanOut: Object.fromEntries(
    fanOutCases.filter(({ servers }) => servers.includes(server)).map(({ name }) => [name, measured(facts)]),
  ),
  publishReply: measured(facts),
  connects: measured(facts),
})
const rowsWhereGatehouseTakes = (serverCpuMs: number): Row[] =>
  summarize(
    SERVER_NAMES.map((server) => run(server, server === 'gatehouse' ? { serverCpuMs } : {})),
    byServer((server) => (server === 'gatehouse' ? 8000 : 6000)),
    fanOutCases,
  )
/** Every server marked like this in each of its three runs. */
const rowsOfMarked = (marksOf: (server: ServerName, run: number) => readonly Mark[]): Row[] =>
  summarize(
    [0, 1, 2].flatMap((i) => SERVER_NAMES.map((server) => run(server, { marks: marksOf(server, i) }))),
    byServer(() => 8000),
    fanOutCases,
  )
const rowOf = (rows: readonly Row[], what: string): Row => {
  const row = rows.find((candidate) => candidate.what === what)
  if (row === undefined) throw new Error(`no figure is called ${what}`)
  return row
}
const lineOf = (rows: readonly Row[], what: string): string =>
  table([rowOf(rows, what)])
    .split('\n')
    .at(-1) ?? ''

describe('the summary', () => {
  it('takes the median, so that one bad run changes nothing', () => {
    expect([median([3, 1, 900]), median([4, 2])]).toEqual([3, 3])
  })

  it('shows CPU per delivery of all servers with ratios and goal', () => {
    const rows = rowsWhereGatehouseTakes(8)
    const first = rowOf(rows, 'fan-out, 50 messages/s: CPU per delivery')
    expect(first.medians).toEqual({ plain: 10, socketIo: 10, nest: 10, gorilla: 10, gatehouse: 8 })
    expect([ratio(first, 'gatehouse', 'plain'), ratio(first, 'nest', 'plain')]).toEqual([0.8, 1])
    expect(rows.at(-1)?.medians).toMatchObject({ plain: 6, gatehouse: 8 })
    expect(table(rows)).toContain(
      '| 8.00 µs | **0.80** × 10.0 µs | **0.80** × 10.0 µs | **0.80** × 10.0 µs | **0.80** × 10.0 µs | ≤ 1.10 × plain `ws`, met |',
    )
  })

  it('compares a figure with more than one server where it has goals for them', () => {
    const lines = table(rowsWhereGatehouseTakes(4)).split('\n')
    expect(lines.at(-1)).toContain('≤ 1.50 × plain `ws`, met; ≤ 0.50 × gorilla (Go), missed; ≤ 10 KB, met |')
    expect(lines.find((line) => line.includes('delivered per CPU second'))).toContain('≥ 2.00 × gorilla (Go), met')
  })

  it('says when a goal was missed', () => {
    expect(table(rowsWhereGatehouseTakes(12))).toContain('**1.20** × 10.0 µs | ≤ 1.10 × plain `ws`, missed |')
  })

  it.each([
    ['fan-out, 20 messages/s: CPU per delivery', '≤ 1.10 × plain `ws`'],
    ['fan-out, 20 messages/s: p50', '≤ 1.20 × plain `ws`'],
    ['fan-out, 20 messages/s: p99', '≤ 1.20 × plain `ws`'],
    ['fan-out, 50 messages/s: CPU per delivery', '≤ 1.10 × plain `ws`'],
    ['fan-out, 50 messages/s: p50', '≤ 1.20 × plain `ws`'],
    ['fan-out, 50 messages/s: p99', '≤ 1.20 × plain `ws`'],
    ['fan-out, 200 messages/s offered: CPU per delivery', '≤ 0.50 × plain `ws`'],
    ['fan-out, 200 messages/s offered: p99', '≤ 30 ms'],
    ['fan-out, 200 messages/s offered: delivered per CPU second', '≥ 2.00 × gorilla (Go)'],
    ['publish → reply: per CPU second', '≥ 0.80 × plain `ws`'],
    ['publish → reply: p99', '≤ 1.20 × plain `ws`'],
    ['connects (Gatehouse checks a JWT each)', '≥ 0.50 × plain `ws`'],
    ['connects: CPU each', '≤ 1.80 × plain `ws`'],
  ])('judges %s', (what, goal) => {
    expect(lineOf(rowsWhereGatehouseTakes(10), what)).toContain(`| ${goal}, `)
  })

  it('judges a figure of Gatehouse itself in its own unit', () => {
    const row = rowOf(rowsWhereGatehouseTakes(10), 'fan-out, 200 messages/s offered: p99')
    const verdictAt = (gatehouse: number): string => table([{ ...row, medians: { ...row.medians, gatehouse } }])
    expect(verdictAt(30)).toMatch(/\| ≤ 30 ms, met \|$/)
    expect(verdictAt(30.1)).toMatch(/\| ≤ 30 ms, missed \|$/)
  })

  it('leaves gaps for the servers that a case leaves out, and shows fewer quantiles of it', () => {
    const rows = rowsWhereGatehouseTakes(8)
    const names = rows.flatMap(({ what }) => /^fan-out, 5,000 members, 10 messages\/s: (.*)/.exec(what)?.[1] ?? [])
    expect(names).toEqual(['CPU per delivery', 'p50', 'p99'])
    expect(lineOf(rows, 'fan-out, 5,000 members, 10 messages/s: CPU per delivery')).toContain(
      '| 8.00 µs | **0.80** × 10.0 µs | – | – | **0.80** × 10.0 µs |  |',
    )
  })

  it('doubts a run that lost deliveries', () => {
    const doubtsOf = (deliveredInAll: number): string[] =>
      doubts([run('gatehouse', { published: 10, deliveredInAll })], fanOutCases)
    expect(doubtsOf(49)).toContain(
      'Gatehouse, fan-out, 1,000 rooms × 5 members, 2,000 messages/s in all: 1 of 50 deliveries had not arrived 8 s after the last publish',
    )
    expect(doubtsOf(50).filter((doubt) => doubt.includes('1,000 rooms'))).toEqual([])
    expect(doubts([run('plain')], fanOutCases)).toEqual([])
  })
})

describe('the marks in the table', () => {
  const CPU_AT_200 = 'fan-out, 200 messages/s offered: CPU per delivery'

  it('stand at the figure of the server and at the verdict against it', () => {
    const rows = rowsOfMarked((server) => (server === 'plain' ? ['saturated'] : []))
    expect(lineOf(rows, CPU_AT_200)).toBe(
      `| ${CPU_AT_200} | 10.0 µs | **1.00** × 10.0 µs † | **1.00** × 10.0 µs | **1.00** × 10.0 µs | **1.00** × 10.0 µs | ≤ 0.50 × plain \`ws\`, missed † |`,
    )
    expect(lineOf(rows, 'fan-out, 200 messages/s offered: p99')).toContain('≤ 30 ms, met |')
  })

  it('stand at every verdict when the figure of Gatehouse is doubtful', () => {
    const rows = rowsOfMarked((server) => (server === 'gatehouse' ? ['disturbed', 'saturated'] : []))
    expect(lineOf(rows, CPU_AT_200)).toMatch(/ \| 10.0 µs †‡ \| .*10.0 µs \| ≤ 0.50 × plain `ws`, missed †‡ \|$/)
    expect(lineOf(rows, 'fan-out, 200 messages/s offered: p99')).toContain('≤ 30 ms, met †‡ |')
  })

  it('follow the majority of the runs', () => {
    const inRuns = (count: number): string =>
      lineOf(
        rowsOfMarked((server, i) => (server === 'nest' && i < count ? ['disturbed'] : [])),
        CPU_AT_200,
      )
    expect([inRuns(1).includes('‡'), inRuns(2).includes('‡')]).toEqual([false, true])
  })

  it('are explained where they are used, and only there', () => {
    const used = (marks: readonly Mark[]): string[] => footnotesFor(table(rowsOfMarked(() => marks)))
    expect(used([])).toEqual([])
    expect(used(['saturated'])).toEqual([
      '† The server was saturated: it used at least 95 % of a core, or less than 97 % of the offered deliveries arrived in time.',
    ])
    expect(used(['saturated', 'disturbed']).map((note) => note[0])).toEqual(['†', '‡'])
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

  it('marks the ratios of doubtful figures, and says below what that means', () => {
    const marked = chart(
      rowsOfMarked((server) => (server === 'plain' ? ['saturated'] : [])),
      captions,
    )
    expect(marked).toContain('>1.00 × †<')
    expect(marked).toContain('>† The server was saturated: ')
    expect(svg).not.toContain('†')
  })

  it('describes itself in words, and loads nothing external', () => {
    expect(svg).toContain('<title id="t">A &lt; B</title>')
    expect(svg).toContain(
      'CPU per delivery, 50 messages/s: Gatehouse 0.80, Socket.IO 1.00, stock Nest 1.00, gorilla (Go) 1.00',
    )
    expect(svg).not.toMatch(/<script|href|url\(|@import|NaN/)
  })
})
