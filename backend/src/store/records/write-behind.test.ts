import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { WriteBehind } from './write-behind.js'

function harness(options: { mostWaiting?: number; batchRows?: number } = {}) {
  const clock = new ManualClock()
  const state = {
    clock,
    written: [] as number[],
    lost: [] as number[],
    isDown: false,
    poison: -1,
    calls: 0,
    most: 0,
    under: 0,
  }
  const writer = new WriteBehind<number>({
    clock,
    write: async (rows) => {
      state.calls++
      state.under++
      state.most = Math.max(state.most, state.under)
      await setImmediate()
      state.under--
      if (state.isDown) throw new StoreUnavailable()
      if (rows.includes(state.poison)) throw new Error('refused')
      state.written.push(...rows)
    },
    onLost: (rows) => state.lost.push(...rows),
    ...options,
  })
  const settle = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50)
      for (let i = 0; i < 5; i++) await setImmediate()
    }
  }
  return { state, writer, settle }
}

it('writes in batches of at most the size, never more than two at a time', async () => {
  const { state, writer, settle } = harness({ batchRows: 10 })
  for (let i = 0; i < 95; i++) writer.push(i)
  expect(state.calls).toBe(0)
  await settle(500)
  expect(state.written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 95 }, (_, i) => i))
  expect(state.calls).toBe(10)
  expect(state.most).toBe(2)
  expect(writer.waiting()).toBe(0)
})

it('keeps rows while PostgreSQL is down, retries less and less often, and writes all at once when woken', async () => {
  const { state, writer, settle } = harness()
  state.isDown = true
  for (let i = 0; i < 20; i++) writer.push(i)
  await settle(20_000)
  expect(writer.waiting()).toBe(20)
  expect(state.calls).toBeLessThan(15)
  state.isDown = false
  writer.wake()
  await settle(50)
  expect(state.written).toHaveLength(20)
  expect(state.lost).toEqual([])
})

it('drops the oldest when full, counts each, and never exceeds its limit', async () => {
  const { state, writer, settle } = harness({ mostWaiting: 100 })
  state.isDown = true
  for (let i = 0; i < 1_000; i++) {
    writer.push(i)
    expect(writer.waiting()).toBeLessThanOrEqual(100)
  }
  state.isDown = false
  writer.wake()
  await settle(500)
  expect(state.written.length + state.lost.length).toBe(1_000)
  expect(state.written).toContain(999)
  expect(state.lost[0]).toBe(0)
})

it('loses only the row that PostgreSQL refuses', async () => {
  const { state, writer, settle } = harness()
  state.poison = 13
  for (let i = 0; i < 50; i++) writer.push(i)
  await settle(500)
  expect(state.lost).toEqual([13])
  expect(state.written).toHaveLength(49)
})

it('drains when asked, and stops waiting after the given time', async () => {
  const { state, writer, settle } = harness()
  writer.push(1)
  let isDrained = false
  void writer.drain(1_000).then(() => (isDrained = true))
  await settle(100)
  expect(isDrained).toBe(true)
  state.isDown = true
  writer.push(2)
  let isGivenUp = false
  void writer.drain(1_000).then(() => (isGivenUp = true))
  await settle(900)
  expect(isGivenUp).toBe(false)
  await settle(200)
  expect(isGivenUp).toBe(true)
})
