import { describe, expect, it } from 'vitest'
import { endOf, indexAt } from './chart-time.svelte.js'
import { placeMarks, withRoom } from './marks.js'

const intervals = { from: 1000, stepMs: 100, count: 10 }
const mark = (at: number, until: number | null, kind = 'drain') => ({
  at,
  until,
  kind,
  label: 'drain node-2',
  operation: null,
})

describe('marks on a chart', () => {
  it('stand where their operation began and tint while it ran', () => {
    expect(placeMarks([mark(1200, 1500)], intervals)).toEqual([
      { label: 'drain node-2', state: 'draining', x: 0.2, width: 0.3, isLeft: false },
    ])
  })

  it('reach to the end while it still runs, with the label to the left near the end', () => {
    expect(placeMarks([mark(1750, null, 'disconnect')], intervals)).toEqual([
      { label: 'drain node-2', state: 'imposed', x: 0.75, width: 0.25, isLeft: true },
    ])
  })

  it('are left out when they are outside, and cut when they began before', () => {
    expect(placeMarks([mark(100, 900), mark(2500, null)], intervals)).toEqual([])
    expect(placeMarks([mark(100, 1100)], intervals)[0]).toMatchObject({ x: 0, width: 0.1 })
  })
})

describe('the intervals of a chart', () => {
  it('tell which one an instant lies in', () => {
    expect([
      indexAt(intervals, 999),
      indexAt(intervals, 1000),
      indexAt(intervals, 1999),
      indexAt(intervals, 2000),
    ]).toEqual([-1, 0, 9, -1])
    expect(endOf(intervals)).toBe(2000)
  })
})

describe('labels of marks', () => {
  const mark = (label: string, x: number) => ({ label, state: 'draining' as const, x, width: 0, isLeft: x > 0.5 })

  it('are shown for the newest where two would overlap', () => {
    const [older, newer] = [mark('disconnect by ada', 0.8), mark('drain by ada', 0.9)]
    expect([...withRoom([older, newer], 300)]).toEqual([newer])
    expect(withRoom([older, newer], 2000).size).toBe(2)
  })

  it('are left out where a chart is too narrow for them', () => {
    expect(withRoom([mark('disconnect by environment-admin', 0.6)], 120).size).toBe(0)
  })
})
