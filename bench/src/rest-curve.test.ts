import { describe, expect, it } from 'vitest'
import { fanOutCases } from './fan-out-cases.ts'
import type { Measured } from './load/commands.ts'
import type { FanOutRuns, Run } from './measure.ts'
import { restChart } from './rest-chart.ts'
import { summarizeRest, type RestRun } from './rest-curve.ts'
import { restTable } from './tables.ts'
import { measured } from './testing/measured.ts'

const cases = fanOutCases.filter(({ name }) => name === 'at50' || name === 'at200')
const fanOut = (serverCpuMs: number, p99: number, facts: Partial<Measured> = {}): FanOutRuns => {
  const at50 = measured({ serverCpuMs, latencyMs: { p50: 1, p99, p999: p99, samples: 3 }, ...facts })
  return { at50, at200: { ...at50, serverCpuMs: serverCpuMs / 2 } }
}
const rest = (above: number, ...given: Parameters<typeof fanOut>): RestRun => ({ above, fanOut: fanOut(...given) })
const plain = (...given: Parameters<typeof fanOut>): Run => ({
  server: 'plain',
  fanOut: fanOut(...given),
  publishReply: measured(),
  connects: measured(),
})
const rests = [rest(1, 12, 8), rest(0, 8, 40), rest(0, 9, 44), rest(0, 100, 20), rest(0.5, 11, 10)]
const caption = { title: 'Rest', notes: ['one', 'two'] } as const

describe('the rest of wide rooms', () => {
  it('takes the median of each setting under each load, in rising order, and plain ws last', () => {
    const points = summarizeRest(rests, [plain(10, 9)], cases)
    expect(points.map(({ load, setting, cpuMicros, p99 }) => [load, setting, cpuMicros, p99])).toEqual([
      ['50/s', '0, at every load', 9, 40],
      ['50/s', '0.5, the default', 11, 10],
      ['50/s', '1, never', 12, 8],
      ['50/s', 'plain `ws`, from the runs above', 10, 9],
      ['200/s', '0, at every load', 4.5, 40],
      ['200/s', '0.5, the default', 5.5, 10],
      ['200/s', '1, never', 6, 8],
      ['200/s', 'plain `ws`, from the runs above', 5, 9],
    ])
  })

  it('shows each setting in one line of the table, with marks', () => {
    const points = summarizeRest([rest(0.25, 8, 40, { marks: ['saturated'] })], [], cases)
    expect(restTable(points).split('\n')).toEqual([
      '| `ROOM_REST_ABOVE` | 50/s: CPU per delivery | p50 | p99 | 200/s: CPU per delivery | p50 | p99 |',
      '|---|--:|--:|--:|--:|--:|--:|',
      '| 0.25 | 8.00 µs † | 1.00 ms † | 40.0 ms † | 4.00 µs † | 1.00 ms † | 40.0 ms † |',
      '| plain `ws`, from the runs above | – | – | – | – | – | – |',
    ])
  })

  it('draws a curve through the settings of each load, more CPU to the right and later messages above', () => {
    const svg = restChart(summarizeRest(rests, [plain(10, 9)], cases), caption)
    const ways = [...svg.matchAll(/<polyline class="way" points="([^"]+)"/g)].map(([, points = '']) =>
      points.split(' ').map((point) => point.split(',').map(Number) as [number, number]),
    )
    expect(ways.map((way) => way.length)).toEqual([3, 3])
    for (const way of ways) {
      const [xs, ys] = [way.map(([x]) => x), way.map(([, y]) => y)]
      expect(xs).toEqual(xs.toSorted((a, b) => a - b))
      expect(ys).toEqual(ys.toSorted((a, b) => a - b))
    }
    expect(svg.match(/<circle class="s"/g)).toHaveLength(2)
    expect(svg).toContain('50/s, 0, at every load: 9.00 µs, 40.0 ms')
    expect(svg).not.toMatch(/<script|href|url\(|@import|NaN|Infinity/)
  })

  it('names plain ws in words where it is too far off to be drawn', () => {
    const svg = restChart(summarizeRest(rests, [plain(10, 2544, { marks: ['saturated'] })], cases), caption)
    expect(svg).not.toContain('<circle class="s"')
    expect(svg).toContain('>outside: plain ws, from the runs above: 10.0 µs, 2,544 ms †<')
    expect(svg).toContain('>† The server was saturated: ')
  })

  it('joins no points that differ by noise, and says so', () => {
    const svg = restChart(summarizeRest([rest(0, 9, 8), rest(1, 9.5, 12)], [], cases), caption)
    expect(svg).toContain('no trade: the settings differ by noise')
    expect(svg).not.toContain('<polyline')
    expect(svg.match(/<circle class="g"/g)).toHaveLength(4)
  })

  it('draws no point that was not measured', () => {
    const svg = restChart(summarizeRest([], [], cases), caption)
    expect(svg).not.toMatch(/<circle|NaN|Infinity/)
  })
})
