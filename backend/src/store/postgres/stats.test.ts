import { afterEach, beforeEach, expect, it } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import { openTestStore, testStore, type TestStore } from '../testing/test-store.js'
import { testPoint } from '../testing/test-point.js'

const start = Date.UTC(2026, 10, 23, 12)
const minute = 60_000
let clock: ManualClock
let test: TestStore
beforeEach(async () => {
  clock = new ManualClock(start)
  test = await testStore(clock)
  await test.store.stats.start()
})
afterEach(() => test.close())

/** Measures `seconds` seconds with one close each. */
function measure(store: TestStore['store'], seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    const at = clock.wallMs()
    clock.jump(1_000)
    store.stats.record(testPoint({ at, closes: 1, open: 10 }))
  }
}

const sumOf = (points: readonly { counts: { closes: number } }[]): number =>
  points.reduce((sum, { counts }) => sum + counts.closes, 0)

it('returns every second of the last 5 min including the newest, and a gap where nothing was measured', async () => {
  measure(test.store, 60)
  clock.jump(30_000)
  measure(test.store, 60)
  const series = await test.store.stats.series({ from: start, to: start + 5 * minute })
  expect(series.step).toBe(1)
  const seconds = series.points.map(({ at }) => (at - start) / 1_000)
  expect(seconds).toEqual([...Array.from({ length: 60 }, (_, i) => i), ...Array.from({ length: 60 }, (_, i) => 90 + i)])
  expect(test.store.stats.newest()?.at).toBe(start + 149_000)
})

it('returns the same after a stop and a start on the same tables', async () => {
  measure(test.store, 200)
  const asked = [
    { from: start, to: start + 5 * minute },
    { from: start, to: start + 60 * minute },
    { from: start, to: start + 60 * minute, step: 60 },
  ]
  const before = await Promise.all(asked.map((request) => test.store.stats.series(request)))
  await test.store.stats.stop()
  const other = await openTestStore(test.connection, test.dataDir, clock)
  await other.stats.start()
  expect(await Promise.all(asked.map((request) => other.stats.series(request)))).toEqual(before)
  expect(before.map(({ points }) => sumOf(points))).toEqual([200, 200, 200])
  measure(other, 100)
  await other.stats.stop()
  const third = await openTestStore(test.connection, test.dataDir, clock)
  await third.stats.start()
  const series = await third.stats.series({ from: start, to: start + 60 * minute, step: 60 })
  expect(series.points.map(({ counts }) => counts.closes)).toEqual([60, 60, 60, 60, 60])
  await other.stop()
  await third.stop()
})

it('completes the longer intervals that a crash left open', async () => {
  measure(test.store, 95)
  await test.store.stats.stop()
  clock.jump(10 * minute)
  const other = await openTestStore(test.connection, test.dataDir, clock)
  await other.stats.start()
  await other.stats.stop()
  clock.jump(2 * 60 * minute)
  const later = await openTestStore(test.connection, test.dataDir, clock)
  await later.stats.start()
  const series = await later.stats.series({ from: start, to: start + 60 * minute, step: 60 })
  expect(series.points.map(({ counts, seconds }) => [counts.closes, seconds])).toEqual([
    [60, 60],
    [35, 35],
  ])
  expect((await later.stats.series({ from: start, to: start + 2 * minute })).points).toHaveLength(10)
  await other.stop()
  await later.stop()
})

it('marks the operations of the requested time', async () => {
  const operation = {
    id: 'o1',
    kind: 'drain',
    state: 'done',
    node: 'n1',
    by: 'ada',
    createdAt: start,
    startedAt: start + 1_000,
    endedAt: start + 5_000,
    holds: false,
  }
  await test.store.operations.create({ operation: operation as never, plan: {} as never, cursor: null })
  const { marks } = await test.store.stats.series({ from: start, to: start + minute })
  expect(marks).toEqual([
    { at: start + 1_000, until: start + 5_000, kind: 'drain', label: 'drain by ada', operation: 'o1' },
  ])
})
