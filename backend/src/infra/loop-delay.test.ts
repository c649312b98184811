import { describe, expect, it } from 'vitest'
import { ManualClock } from '../realtime/testing/manual-clock.js'
import { LoopDelay } from './loop-delay.js'

/** A clock whose timers fire late while the loop is stalled. */
class StallingClock extends ManualClock {
  stalledMs = 0

  override nowMs(): number {
    return super.nowMs() + this.stalledMs
  }
}

describe('the loop delay', () => {
  it('is zero while timers fire on time', () => {
    const clock = new StallingClock()
    const delay = new LoopDelay(clock)
    clock.advance(1000)
    expect(delay.currentMs()).toBe(0)
    delay.stop()
  })

  it('is sustained only if several samples in a row are late', () => {
    const clock = new StallingClock()
    const delay = new LoopDelay(clock)
    clock.advance(100)
    clock.stalledMs += 900
    expect(delay.sustainedMs()).toBe(0)
    clock.advance(20)
    expect(delay.sustainedMs()).toBe(0)
    for (let turn = 0; turn < 2; turn += 1) {
      clock.stalledMs += 300
      clock.advance(20)
    }
    expect(delay.sustainedMs()).toBe(300)
    clock.advance(100)
    expect(delay.sustainedMs()).toBe(0)
    delay.stop()
  })

  it('reports a stall while it lasts and for a moment after, then forgets it', () => {
    const clock = new StallingClock()
    const delay = new LoopDelay(clock)
    clock.advance(100)
    clock.stalledMs = 500
    expect(delay.currentMs()).toBe(480)
    clock.advance(20)
    expect(delay.currentMs()).toBe(500)
    clock.advance(1000)
    expect(delay.currentMs()).toBe(0)
    expect(delay.observed.quantile(1)).toBeGreaterThan(400)
    delay.stop()
  })
})
