import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MOST_POINTS, planSeries } from './resolutions.js'

const now = Date.UTC(2026, 10, 23, 12)
const minute = 60_000
const hour = 60 * minute

it.each([
  ['the last 5 min', 5 * minute, undefined, 1, 1],
  ['the last 15 min', 15 * minute, undefined, 1, 2],
  ['the last hour', hour, undefined, 10, 10],
  ['the last day', 24 * hour, undefined, 60, 180],
  ['30 days', 30 * 24 * hour, undefined, 60, 3660],
  ['the last hour by minutes', hour, 60, 60, 60],
  ['the last 15 min by 15 s', 15 * minute, 15, 10, 20],
])('reads %s from the right resolution', (_, span, step, resolution, stepSeconds) => {
  const plan = planSeries(now - span, now, step, now)
  expect([plan.resolution, plan.step]).toEqual([resolution, stepSeconds])
})

it('never returns more than 720 points, and always whole intervals of its resolution', () => {
  fc.assert(
    fc.property(
      fc.nat(40 * 24 * hour),
      fc.nat(40 * 24 * hour),
      fc.option(fc.integer({ min: 1, max: 86_400 }), { nil: undefined }),
      (a, b, step) => {
        const plan = planSeries(now - Math.max(a, b), now - Math.min(a, b), step, now)
        expect((plan.to - plan.from) / plan.step / 1_000).toBeLessThanOrEqual(MOST_POINTS)
        expect(plan.step % plan.resolution).toBe(0)
        expect(plan.from).toBeLessThanOrEqual(now - Math.max(a, b))
        expect(plan.to).toBeGreaterThanOrEqual(now - Math.min(a, b))
      },
    ),
  )
})
