import { describe, expect, it } from 'vitest'
import { areaPath, barsPath, gaps, highest, linePath, stack } from './paths.js'

const x = (index: number): number => index * 10
const y = (value: number): number => 100 - value

describe('lines', () => {
  it('break where a value is missing instead of joining across', () => {
    expect(linePath([1, 2, null, 4], x, y)).toBe('M0 99L10 98M30 96')
  })

  it('draw a zero as a zero', () => {
    expect(linePath([0, 0], x, y)).toBe('M0 100L10 100')
  })
})

describe('areas', () => {
  it('close each run of values on its own', () => {
    expect(areaPath([1, 2, null, 3, 4], x, y, 100)).toBe('M0 99L10 98L10 100L0 100ZM30 97L40 96L40 100L30 100Z')
  })
})

describe('bars', () => {
  it('stand on each other in the order of their layers', () => {
    expect(
      stack([
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([
      [
        [0, 1],
        [0, 2],
      ],
      [
        [1, 4],
        [2, 6],
      ],
    ])
    expect(
      highest([
        [1, 2],
        [3, 4],
      ]),
    ).toBe(6)
  })

  it('leave an interval without samples empty', () => {
    expect(
      stack([
        [1, null],
        [1, null],
      ])[1],
    ).toEqual([[1, 2], null])
    expect(highest([])).toBe(0)
  })

  it('are one path, without the empty ones', () => {
    expect(barsPath([[10, 40], null, [40, 40], [30, 40]], { width: 8, gap: 2 })).toBe('M1 40v-30h6v30zM25 40v-10h6v10z')
  })
})

describe('gaps', () => {
  it('are found at the ends and in the middle', () => {
    expect(gaps([null, 1, null, null, 2, null])).toEqual([
      [0, 1],
      [2, 4],
      [5, 6],
    ])
    expect(gaps([1, 2])).toEqual([])
  })
})
