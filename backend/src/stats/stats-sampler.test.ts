import { expect, it } from 'vitest'
import type { StatsPoint } from '@gatehouse/protocol/rest'
import { Books } from '../realtime/books/books.js'
import { ManualClock } from '../realtime/testing/manual-clock.js'
import { testPoint } from '../store/testing/test-point.js'
import { StatsSampler } from './stats-sampler.js'

const start = Date.UTC(2026, 10, 23, 12)

function harness() {
  const clock = new ManualClock(start + 400)
  const books = new Books()
  const points: StatsPoint[] = []
  const { levels, quantiles } = testPoint({ at: 0, open: 3 })
  const sampler = new StatsSampler(clock, {
    books: () => books.snapshot(),
    levels: () => levels,
    quantiles: () => quantiles,
  })
  sampler.onPoint((point) => points.push(point))
  sampler.start()
  return { clock, books, points, sampler }
}

it('measures each second once, on the second, and counts everything in one of them', () => {
  const { clock, books, points } = harness()
  for (let i = 0; i < 50; i++) {
    books.countOpened()
    if (i % 2 === 0) books.countClosed('kicked')
    clock.advance(100)
  }
  clock.advance(2_000)
  expect(points.map(({ at, seconds }) => [at, seconds])).toEqual(
    Array.from({ length: 7 }, (_, i) => [start + i * 1_000, 1]),
  )
  expect(points.reduce((sum, { counts }) => sum + counts.connects, 0)).toBe(50)
  expect(points.reduce((sum, { counts }) => sum + (counts.closedByReason['kicked'] ?? 0), 0)).toBe(25)
  expect(points.at(-1)?.counts.closedByReason).toEqual({})
})

it('says how long it measured when its loop was held up, and leaves a gap when the machine slept', () => {
  const { clock, books, points } = harness()
  clock.advance(600)
  clock.jump(3_000)
  clock.advance(100)
  expect(points.at(-1)).toMatchObject({ at: start + 1_000, seconds: 3 })
  books.countOpened()
  clock.jump(3_600_000)
  clock.advance(100)
  expect(points.at(-1)).toMatchObject({ at: start + 3_603_000, seconds: 1, counts: { connects: 1 } })
})

it('measures no second twice when the clock is set back, and loses no count', () => {
  const { clock, books, points } = harness()
  clock.advance(2_000)
  books.countOpened()
  clock.jump(-10_000)
  clock.advance(2_000)
  const starts = points.map(({ at }) => at)
  expect(new Set(starts).size).toBe(starts.length)
  expect(points.reduce((sum, { counts }) => sum + counts.connects, 0)).toBe(1)
})
