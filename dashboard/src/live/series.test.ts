import { describe, expect, it } from 'vitest'
import { statsPoint } from '../../test/stats-point.js'
import { addPoint, byReason, layOutSeries, mergePoints, valuesOf } from './series.js'

describe('points of a series', () => {
  it('add their counts up, keep the newest level and the worst p99', () => {
    const merged = mergePoints(
      statsPoint(0, {
        levels: { open: 5 },
        counts: { connects: 2, closedByReason: { kicked: 1 } },
        quantiles: { loopMs: { p50: 2, p99: 30 } },
      }),
      statsPoint(1000, {
        levels: { open: 7 },
        counts: { connects: 3, closedByReason: { kicked: 1, drain: 4 } },
        quantiles: { loopMs: { p50: 4, p99: 10 } },
      }),
    )
    expect(merged).toMatchObject({
      at: 0,
      seconds: 2,
      levels: { open: 7 },
      quantiles: { loopMs: { p50: 3, p99: 30 }, rttMs: null },
    })
    expect(merged.counts).toMatchObject({ connects: 5, closedByReason: { kicked: 2, drain: 4 } })
  })

  it('are merged into their interval, and a late point changes nothing', () => {
    let points = addPoint([], statsPoint(61_000, { counts: { connects: 1 } }), 60_000)
    points = addPoint(points, statsPoint(119_000, { counts: { connects: 2 } }), 60_000)
    points = addPoint(points, statsPoint(120_000, { counts: { connects: 4 } }), 60_000)
    points = addPoint(points, statsPoint(70_000, { counts: { connects: 8 } }), 60_000)
    expect(points.map((point) => [point.at, point.counts.connects])).toEqual([
      [60_000, 3],
      [120_000, 4],
    ])
  })
})

describe('a series', () => {
  const points = [
    statsPoint(0, { counts: { closes: 1, closedByReason: { kicked: 1, drain: 0 } } }),
    statsPoint(20, { counts: { closes: 3 } }),
  ]

  it('has a null where nothing was measured, never a zero', () => {
    const series = layOutSeries(points, 10, 4, 27)
    expect(series.intervals).toEqual({ from: -10, stepMs: 10, count: 4 })
    expect(valuesOf(series, (point) => point.counts.closes)).toEqual([null, 1, null, 3])
  })

  it('names the reasons that occurred, with zeros where they did not', () => {
    const series = layOutSeries(points, 10, 3, 27)
    expect([...byReason(series, 'closedByReason')]).toEqual([['kicked', [1, null, 0]]])
  })
})
