import fc from 'fast-check'
import { expect, it } from 'vitest'
import { overlaps, parseRange } from '../address-range.js'
import { AddressMatcher } from './address-matcher.js'

const yes = (): boolean => true

it('finds the narrowest range that contains the address', () => {
  const matcher = new AddressMatcher([
    ['10.0.0.0/8', 'wide'],
    ['10.1.0.0/16', 'narrow'],
    ['2001:db8::/32', 'six'],
  ])
  expect(matcher.find('10.1.2.3', yes)).toBe('narrow')
  expect(matcher.find('10.2.2.3', yes)).toBe('wide')
  expect(matcher.find('::ffff:10.1.2.3', yes)).toBe('narrow')
  expect(matcher.find('2001:db8:1::1', yes)).toBe('six')
  expect(matcher.find('11.0.0.1', yes)).toBeUndefined()
  expect(matcher.find('no address', yes)).toBeUndefined()
})

it('skips a range that is no longer valid and finds the wider one', () => {
  const matcher = new AddressMatcher([
    ['10.0.0.0/8', 'wide'],
    ['10.1.0.0/16', 'over'],
  ])
  expect(matcher.find('10.1.2.3', (value) => value !== 'over')).toBe('wide')
})

it('agrees with comparing every range one by one', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  const ranges = fc.array(fc.oneof(fc.tuple(fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.nat(128))), {
    maxLength: 20,
  })
  fc.assert(
    fc.property(address, ranges, (wanted, list) => {
      const texts = list.map(([host, bits]) => `${host}/${bits}`).filter((text) => parseRange(text) !== undefined)
      const found = new AddressMatcher(texts.map((text) => [text, text] as const)).find(wanted, yes)
      const target = parseRange(wanted)
      if (target === undefined) return expect(found).toBeUndefined()
      const holds = texts.some((text) => {
        const range = parseRange(text)
        return range !== undefined && overlaps(range, target)
      })
      expect(found !== undefined).toBe(holds)
    }),
  )
})
