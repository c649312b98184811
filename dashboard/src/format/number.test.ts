import { describe, expect, it } from 'vitest'
import { bytes, change, count, fixed, percent, plural, rate, short } from './number.js'

describe('numbers', () => {
  it('carry commas and a true minus', () => {
    expect(count(1234567)).toBe('1,234,567')
    expect(count(-3)).toBe('−3')
    expect(fixed(1234.5, 2)).toBe('1,234.50')
  })

  it('show rates with one decimal under 100 and none from there', () => {
    expect(rate(14.62)).toBe('14.6')
    expect(rate(0)).toBe('0.0')
    expect(rate(1284.4)).toBe('1,284')
  })

  it('are short on an axis', () => {
    expect([0, 0.25, 800, 1200, 15000, 12500, 2e6].map(short)).toEqual([
      '0',
      '0.25',
      '800',
      '1,200',
      '15k',
      '12.5k',
      '2M',
    ])
  })

  it('say a change in percent, and "new" when nothing was there before', () => {
    expect(change(144, 100)).toBe('+44')
    expect(change(94, 100)).toBe('−6')
    expect(change(5, 0)).toBe('new')
    expect(change(0, 0)).toBe('0')
  })

  it('give bytes a binary unit after a space', () => {
    expect(bytes(512)).toBe('512 B')
    expect(bytes(186778)).toBe('182.4 KiB')
    expect(bytes(1024 ** 2)).toBe('1.0 MiB')
  })

  it('never divide by zero', () => {
    expect(percent(0, 0)).toBe('0.0')
    expect(percent(1, 3)).toBe('33.3')
  })

  it('agree with their noun', () => {
    expect(plural(1, 'room')).toBe('1 room')
    expect(plural(2, 'refusal')).toBe('2 refusals')
    expect(plural(0, 'entry', 'entries')).toBe('0 entries')
  })
})
