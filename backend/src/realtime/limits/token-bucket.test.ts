import { describe, expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.js'

describe('a token bucket', () => {
  it('starts full, refills by its rate and never beyond its burst', () => {
    const bucket = new TokenBucket(10, 0)
    expect(bucket.take(10, 5, 10, 0)).toBe(0)
    expect(bucket.take(1, 5, 10, 0)).toBe(200)
    expect(bucket.take(1, 5, 10, 200)).toBe(0)
    expect(bucket.take(11, 5, 10, 1_000_000)).toBeGreaterThan(0)
    expect(bucket.take(10, 5, 10, 1_000_000)).toBe(0)
  })

  it('takes nothing when there is not enough', () => {
    const bucket = new TokenBucket(3, 0)
    expect(bucket.take(5, 1, 3, 0)).toBe(2_000)
    expect(bucket.take(3, 1, 3, 0)).toBe(0)
    expect(bucket.isFull(1, 3, 2_900)).toBe(false)
    expect(bucket.isFull(1, 3, 3_000)).toBe(true)
  })
})
