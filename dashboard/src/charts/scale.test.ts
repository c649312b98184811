import { describe, expect, it } from 'vitest'
import { niceScale, timeTicks } from './scale.js'

describe('a value axis', () => {
  it('ends at a round number not below the largest value', () => {
    expect(niceScale(1186, 3)).toEqual({ top: 1500, ticks: [0, 500, 1000, 1500] })
    expect(niceScale(9800)).toEqual({ top: 10_000, ticks: [0, 2500, 5000, 7500, 10_000] })
    expect(niceScale(0.3, 3)).toEqual({ top: 0.3, ticks: [0, 0.1, 0.2, 0.3] })
  })

  it('has an axis for zeros and for no data', () => {
    expect(niceScale(0).top).toBe(1)
    expect(niceScale(Number.NaN).top).toBe(1)
  })

  it('is never lower than its data', () => {
    for (let most = 1; most < 5000; most += 7) expect(niceScale(most, 4).top).toBeGreaterThanOrEqual(most)
  })
})

describe('a time axis', () => {
  it('ticks at round times with room between them', () => {
    const from = Date.UTC(2026, 10, 23, 13, 28)
    const { ticks, step } = timeTicks(from, from + 3_600_000, 500)
    expect(step).toBe(15 * 60_000)
    expect(ticks.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(['13:30', '13:45', '14:00', '14:15'])
  })

  it('never lets labels overlap', () => {
    for (const span of [60_000, 900_000, 86_400_000, 30 * 86_400_000]) {
      const { ticks } = timeTicks(0, span, 300)
      expect(ticks.length).toBeLessThanOrEqual(5)
    }
  })
})
