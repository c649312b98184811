import { describe, expect, it } from 'vitest'
import { Histogram } from './histogram.js'

describe('a histogram', () => {
  it('answers quantiles within 19 %', () => {
    const histogram = new Histogram()
    for (let ms = 1; ms <= 1_000; ms += 1) histogram.observe(ms)
    for (const [share, expected] of [
      [0.5, 500],
      [0.99, 990],
    ] as const) {
      const found = histogram.quantile(share) ?? 0
      expect(found).toBeGreaterThanOrEqual(expected * 0.99)
      expect(found).toBeLessThan(expected * 1.19)
    }
  })

  it('has no quantiles before anything was observed, and starts over when taken', () => {
    const histogram = new Histogram()
    expect(histogram.quantile(0.5)).toBeNull()
    histogram.observe(0)
    histogram.observe(1e9)
    expect(histogram.take().total).toBe(2)
    expect(histogram.quantile(0.5)).toBeNull()
  })
})
