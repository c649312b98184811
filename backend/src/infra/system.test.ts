import { closeSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { base32 } from './base32.js'
import { openFiles } from './process-reading.js'
import { SystemClock } from './system-clock.js'
import { SystemRandom } from './system-random.js'

describe('the system random', () => {
  it('makes ids that never repeat, in letters that are hard to misread', () => {
    const random = new SystemRandom()
    const ids = Array.from({ length: 5_000 }, () => random.id(16))
    expect(new Set(ids).size).toBe(5_000)
    expect(ids.every((id) => /^[0-9a-hjkmnp-tv-z]{26}$/.test(id))).toBe(true)
    expect(() => random.id(10_000)).toThrow(/too long/)
  })

  it('writes base-32 as Crockford does', () => {
    expect(base32(Buffer.from([0]))).toBe('00')
    expect(base32(Buffer.from([255, 255, 255, 255, 255]))).toBe('zzzzzzzz')
    expect(base32(Buffer.from('hello'))).toBe('d1jprv3f')
  })
})

describe('the system clock', () => {
  it('runs, repeats and cancels timers, and ends turns after their microtasks', async () => {
    const clock = new SystemClock()
    const order: string[] = []
    await new Promise<void>((resolve) => {
      clock.atTurnEnd(() => order.push('turn end'))
      queueMicrotask(() => order.push('microtask'))
      const cancelled = clock.after(1, () => order.push('cancelled'))
      cancelled()
      let ticks = 0
      const stop = clock.every(1, () => {
        ticks += 1
        if (ticks < 3) return
        stop()
        clock.after(1, resolve, true)
      })
      clock.after(1_000, resolve, true)
    })
    expect(order).toEqual(['microtask', 'turn end'])
    expect(Math.abs(clock.wallMs() - Date.now())).toBeLessThan(1_000)
    const before = clock.nowMs()
    expect(clock.nowMs()).toBeGreaterThanOrEqual(before)
  })
})

describe.runIf(process.platform === 'linux')('the number of open files', () => {
  it('grows by the number of files that are opened', () => {
    const before = openFiles() ?? 0
    const files = Array.from({ length: 5 }, () => openSync('/dev/null', 'r'))
    try {
      expect(openFiles()).toBe(before + 5)
    } finally {
      for (const file of files) closeSync(file)
    }
  })
})
