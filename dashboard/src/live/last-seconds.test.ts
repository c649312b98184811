import { describe, expect, it } from 'vitest'
import { LastSeconds } from './last-seconds.svelte.js'

describe('the last seconds', () => {
  it('end with the newest sample and hold null where none arrived', () => {
    const seconds = new LastSeconds<{ rate: number }>(4, { now: 9300 })
    expect(seconds.intervals).toEqual({ from: 6000, stepMs: 1000, count: 4 })
    seconds.add(10_100, { rate: 1 })
    seconds.add(12_900, { rate: 3 })
    expect(seconds.intervals.from).toBe(9000)
    expect(seconds.values((sample) => sample.rate)).toEqual([null, 1, null, 3])
  })

  it('drop older samples', () => {
    const seconds = new LastSeconds<number>(2, { now: 0 })
    for (const second of [1, 2, 3]) seconds.add(second * 1000, second)
    expect(seconds.values((sample) => sample)).toEqual([2, 3])
  })
})
