import { expect, it } from 'vitest'
import type { SharedLimits } from '../../src/realtime/ports/shared-limits.js'

export interface LimitsUnderTest {
  readonly limits: SharedLimits
  readonly pass: (ms: number) => Promise<void>
}

/** The contract of every store of shared rates on one node; call it inside a `describe`. */
export function sharedLimitsContract(start: () => Promise<LimitsUnderTest>): void {
  it('lets a burst through, then says how long to wait, separately for each key', async () => {
    const { limits, pass } = await start()
    for (let i = 0; i < 10; i += 1) expect(limits.take('a', 1, 5, 10)).toBe(0)
    const waitMs = limits.take('a', 1, 5, 10)
    expect(waitMs).toBeGreaterThan(0)
    expect(waitMs).toBeLessThanOrEqual(200)
    expect(limits.take('b', 10, 5, 10)).toBe(0)
    await pass(200)
    expect(limits.take('a', 1, 5, 10)).toBe(0)
    expect(limits.take('a', 1, 5, 10)).toBeGreaterThan(0)
  })

  it('never admits more than rate and burst allow', async () => {
    const { limits, pass } = await start()
    let taken = 0
    for (let i = 0; i < 200; i += 1) {
      if (limits.take('a', 1, 5, 10) === 0) taken += 1
      await pass(50)
    }
    expect(taken).toBeGreaterThanOrEqual(55)
    expect(taken).toBeLessThanOrEqual(61)
  })
}
