import { describe, expect, it } from 'vitest'
import { rowWindow, scrollToShow } from './virtual.js'

describe('the window of drawn rows', () => {
  it('draws what is in view and some more, never past the ends', () => {
    expect(rowWindow(0, 280, 28, 100_000, 4)).toEqual({ from: 0, to: 19, slots: 19 })
    expect(rowWindow(28_000, 280, 28, 100_000, 4)).toEqual({ from: 996, to: 1015, slots: 19 })
    expect(rowWindow(1e9, 280, 28, 100_000, 4)).toEqual({ from: 99_981, to: 100_000, slots: 19 })
  })

  it('draws all of a short list', () => {
    expect(rowWindow(0, 280, 28, 3)).toMatchObject({ from: 0, to: 3 })
    expect(rowWindow(0, 280, 28, 0)).toMatchObject({ from: 0, to: 0 })
  })

  it('gives every drawn row a slot of its own at every position', () => {
    for (let scrollTop = 0; scrollTop < 2000; scrollTop += 13) {
      const { from, to, slots } = rowWindow(scrollTop, 300, 28, 500)
      const used = new Set(Array.from({ length: to - from }, (_, offset) => (from + offset) % slots))
      expect(used.size).toBe(to - from)
      expect(from * 28).toBeLessThanOrEqual(scrollTop)
      expect(to * 28).toBeGreaterThanOrEqual(Math.min(scrollTop + 300, 500 * 28))
    }
  })
})

describe('showing a row', () => {
  it('does not scroll when the row is in view', () => {
    expect(scrollToShow(5, 100, 280, 28, 28)).toBe(100)
  })

  it('scrolls just far enough up or down', () => {
    expect(scrollToShow(2, 100, 280, 28, 28)).toBe(56)
    expect(scrollToShow(20, 100, 280, 28, 28)).toBe(20 * 28 + 28 + 28 - 280)
  })
})
