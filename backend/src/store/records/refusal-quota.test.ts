import { expect, it } from 'vitest'
import { RefusalQuota } from './refusal-quota.js'

it('lets 100 a second through and counts all others', () => {
  const quota = new RefusalQuota<number>()
  let entry = 0
  let stored = 0
  let stoodFor = 0
  for (let second = 0; second < 5; second++) {
    const inSecond = [...quota.nextSecond()]
    for (let i = 0; i < 3_000; i++) {
      const admitted = quota.admit(entry++, 'ip_rate_limit', `10.0.${i % 200}.0/24`)
      if (admitted !== undefined) inSecond.push(admitted)
    }
    expect(inSecond.length).toBeLessThanOrEqual(100)
    stored += inSecond.length
    stoodFor += inSecond.reduce((sum, { suppressed }) => sum + suppressed, 0)
  }
  const rest = quota.rest()
  stored += rest.length
  stoodFor += rest.reduce((sum, { suppressed }) => sum + suppressed, 0)
  expect(stored + stoodFor).toBe(15_000)
})

it('counts every refusal, even with more kinds than it tracks separately', () => {
  const quota = new RefusalQuota<number>()
  for (let i = 0; i < 5_100; i++) quota.admit(i, 'banned', `10.${i >> 8}.${i & 255}.0/24`)
  const rest = quota.rest()
  expect(rest.length).toBeLessThanOrEqual(1_001)
  expect(rest.reduce((sum, { suppressed }) => sum + suppressed + 1, 0)).toBe(5_000)
})

it('gives the next refusal of a kind the count of those suppressed before it', () => {
  const quota = new RefusalQuota<string>()
  for (let i = 0; i < 103; i++) quota.admit(`r${i}`, 'banned', null)
  expect(quota.nextSecond()).toEqual([{ entry: 'r102', suppressed: 2 }])
  expect(quota.admit('next', 'banned', null)).toEqual({ entry: 'next', suppressed: 0 })
})
