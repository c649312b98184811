import { describe, expect, it } from 'vitest'
import { formatRange, overlaps, parseRange, type AddressRange } from './address-range.js'

const range = (text: string): AddressRange => {
  const parsed = parseRange(text)
  if (parsed === undefined) throw new Error(`${text} is not a range`)
  return parsed
}

describe('an address range', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7/24', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.0/120', '203.0.113.0/24'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('reads %s as %s', (text, canonical) => {
    expect(formatRange(range(text))).toBe(canonical)
  })

  it.each([
    '',
    'x',
    '1.2.3',
    '0x7f.1',
    '127.1',
    '01.2.3.4',
    '1.2.3.4/33',
    '1.2.3.4/',
    '::1/129',
    '1.2.3.4/-1',
    'fe80::1%eth0',
    '::ffff:1.2.3.4/24',
  ])('refuses %s', (text) => {
    expect(parseRange(text)).toBeUndefined()
  })

  it('overlaps ranges that it contains or that contain it, and none of the other address family', () => {
    expect(overlaps(range('203.0.113.0/24'), range('203.0.113.9'))).toBe(true)
    expect(overlaps(range('203.0.113.9'), range('203.0.113.0/24'))).toBe(true)
    expect(overlaps(range('203.0.112.0/24'), range('203.0.113.9'))).toBe(false)
    expect(overlaps(range('0.0.0.0/0'), range('::1'))).toBe(false)
  })
})
