import { beforeEach, describe, expect, it } from 'vitest'
import { Freshness } from './freshness.svelte.js'

describe('the freshness of a page', () => {
  let clock: { now: number }
  let freshness: Freshness

  beforeEach(() => {
    const state = $state({ now: 1_000_000 })
    clock = state
    freshness = new Freshness(clock)
    freshness.start()
  })

  it('is live up to 5 s, stale up to 15 s, then lost, and says since when', () => {
    expect([freshness.state, freshness.ageMs]).toEqual(['connecting', null])
    freshness.hear()
    const heardAt = clock.now
    expect([freshness.state, freshness.ageMs]).toEqual(['live', 0])
    clock.now += 5000
    expect(freshness.state).toBe('live')
    clock.now += 1
    expect([freshness.state, freshness.lostSince, freshness.isLost]).toEqual(['stale', null, false])
    clock.now += 10_000
    expect([freshness.state, freshness.lostSince, freshness.isLost]).toEqual(['lost', heardAt, true])
    freshness.hear()
    expect([freshness.state, freshness.lostSince, freshness.isLost]).toEqual(['live', null, false])
  })

  it('never stays "connecting": without a first sample it becomes stale and lost too', () => {
    clock.now += 5001
    expect(freshness.state).toBe('stale')
    clock.now += 10_000
    expect([freshness.state, freshness.lostSince]).toEqual(['lost', null])
  })
})
