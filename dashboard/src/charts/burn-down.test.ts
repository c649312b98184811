import { describe, expect, it } from 'vitest'
import { lateStretches, layOut, remainingAt } from './burn-down.js'

const point = (second: number, remaining: number, planned: number) => ({
  at: second * 1000,
  remaining,
  planned,
  closes: 10,
  target: 10,
})
const facts = { initial: 100, etaAt: 12_000, plannedEndAt: 10_000, deadlineAt: 20_000 }

describe('a burn-down', () => {
  it('is wide enough for the plan, the expected end and the deadline', () => {
    const chart = layOut([point(0, 100, 100), point(4, 70, 60)], facts)
    expect(chart).toMatchObject({ from: 0, to: 20_000, top: 100 })
    expect(chart?.plan.at(-1)).toEqual({ at: 10_000, remaining: 0 })
    expect(chart?.projection).toEqual([
      { at: 4000, remaining: 70 },
      { at: 12_000, remaining: 0 },
    ])
  })

  it('projects nothing once it is empty or the end is unknown', () => {
    expect(layOut([point(0, 100, 100), point(12, 0, 0)], facts)?.projection).toEqual([])
    expect(layOut([point(0, 100, 100)], { ...facts, etaAt: null })?.projection).toEqual([])
  })

  it('is not squeezed by a deadline far away', () => {
    expect(layOut([point(0, 100, 100), point(4, 70, 60)], { ...facts, deadlineAt: 3_600_000 })?.to).toBe(12_000)
  })

  it('has nothing to show before the first point', () => {
    expect(layOut([], facts)).toBeNull()
  })

  it('reads a value between two points', () => {
    const spots = [
      { at: 0, remaining: 100 },
      { at: 1000, remaining: 80 },
    ]
    expect([remainingAt(spots, 500), remainingAt(spots, 0), remainingAt(spots, 1500)]).toEqual([90, 100, null])
  })

  it('marks the stretches where more remain than planned', () => {
    const stretches = lateStretches([point(0, 100, 100), point(1, 95, 90), point(2, 92, 80), point(3, 70, 70)])
    expect(stretches).toHaveLength(1)
    expect(stretches[0]?.map((spot) => spot.remaining)).toEqual([95, 92, 80, 90])
  })
})
