import { expect, it } from 'vitest'
import { mergeInto, mergePoints } from './merge-points.js'
import { testPoint } from '../testing/test-point.js'

it('adds counts, in total and by reason, and weights levels by the time measured', () => {
  const a = testPoint({
    at: 0,
    seconds: 1,
    open: 10,
    closes: 2,
    closedByReason: { kicked: 2 },
    deliveryMs: { p50: 1, p99: 5 },
  })
  const b = testPoint({
    at: 1_000,
    seconds: 3,
    open: 20,
    closes: 3,
    closedByReason: { kicked: 1, drain: 2 },
    deliveryMs: { p50: 5, p99: 9 },
  })
  const merged = mergePoints([a, b], 0)
  expect(merged.seconds).toBe(4)
  expect(merged.levels.open).toBe(17.5)
  expect(merged.counts.closes).toBe(5)
  expect(merged.counts.closedByReason).toEqual({ kicked: 3, drain: 2 })
  expect(merged.quantiles.deliveryMs).toEqual({ p50: 4, p99: 9 })
  expect(merged.quantiles.rttMs).toBeNull()
})

it('does not change the points that it merges', () => {
  const a = testPoint({ at: 0, closedByReason: { kicked: 2 } })
  mergePoints([a, testPoint({ at: 1_000, closedByReason: { kicked: 1 } })], 0)
  expect(a.counts.closedByReason).toEqual({ kicked: 2 })
})

it('leaves a gap for an interval without points and says how much of the others was measured', () => {
  const points = [0, 1, 2, 25, 26].map((second) => testPoint({ at: second * 1_000, closes: 1 }))
  const merged = mergeInto(points, 10)
  expect(merged.map((point) => [point.at, point.seconds, point.counts.closes])).toEqual([
    [0, 3, 3],
    [20_000, 2, 2],
  ])
})

it('gives the same counts whether merged at once or through a finer interval', () => {
  const points = Array.from({ length: 130 }, (_, i) => testPoint({ at: i * 1_000, closes: i % 7, open: i }))
  const direct = mergeInto(points, 60)
  const byTens = mergeInto(mergeInto(points, 10), 60)
  expect(byTens.map((point) => point.counts)).toEqual(direct.map((point) => point.counts))
  expect(byTens.map((point) => point.levels.open)).toEqual(direct.map((point) => point.levels.open))
})
