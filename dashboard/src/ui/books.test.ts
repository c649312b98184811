import { describe, expect, it } from 'vitest'
import { drift, type Books } from './books.js'

const books = (now: number): Books => ({
  title: 'Connections',
  start: { label: 'open at 13:28', amount: 29_638 },
  moves: [
    { label: 'connects', amount: 25_427, sign: 'plus' },
    { label: 'disconnects', amount: 25_960, sign: 'minus' },
  ],
  now: { label: 'open now', amount: now },
})

describe('a ledger line', () => {
  it('balances when start and moves give what is there now', () => {
    expect(drift(books(29_105))).toBe(0)
  })

  it('says how far it is off, and in which direction', () => {
    expect(drift(books(29_103))).toBe(-2)
    expect(drift(books(29_108))).toBe(3)
  })
})
