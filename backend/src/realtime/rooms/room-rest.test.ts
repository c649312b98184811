import { describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.js'
import { RoomRest } from './room-rest.js'

const WORK_MS = 10

/** How long a room rests that sends for 10 ms every 20 ms, in an event loop that is busy for this share of the time. */
function restAt(load: number, aboveLoad: number): number {
  const clock = new ManualClock()
  clock.load = load
  const rest = new RoomRest(clock, aboveLoad)
  let restMs = 0
  for (let i = 0; i < 20; i += 1) {
    clock.advance(20)
    restMs = rest.after(WORK_MS)
  }
  return restMs
}

describe('the rest of a wide room', () => {
  it.each([
    [0.2, 0.5, 0],
    [0.5, 0.5, 0],
    [0.6, 0.5, 2],
    [0.75, 0.5, 5],
    [1, 0.5, 10],
    [0.4, 0.25, 2],
    [1, 0, 10],
    [0.3, 0, 3],
    [1, 1, 0],
  ])('at a load of %d, with rests above %d, is %d ms after 10 ms of work', (load, aboveLoad, expected) => {
    expect(restAt(load, aboveLoad)).toBeCloseTo(expected)
  })

  it('is never longer than 20 ms, and none after less than a millisecond of work', () => {
    const clock = new ManualClock()
    clock.load = 1
    const rest = new RoomRest(clock, 0.5)
    clock.advance(1_000)
    expect(rest.after(500)).toBe(20)
    expect(rest.after(0.9)).toBe(0)
  })

  it('follows the load since the last reading, a tenth of a second ago or longer', () => {
    const clock = new ManualClock()
    const rest = new RoomRest(clock, 0.5)
    clock.advance(10_000)
    expect(rest.after(WORK_MS)).toBe(0)
    clock.load = 1
    clock.advance(99)
    expect(rest.after(WORK_MS)).toBe(0)
    clock.advance(1)
    expect(rest.after(WORK_MS)).toBe(10)
    clock.load = 0
    clock.advance(100)
    expect(rest.after(WORK_MS)).toBe(0)
  })

  it('is as a stalled loop makes it: time that nobody waited for input counts as work', () => {
    const clock = new ManualClock()
    const rest = new RoomRest(clock, 0.5)
    clock.advance(50)
    clock.stall(150)
    expect(rest.after(WORK_MS)).toBe(5)
  })
})
