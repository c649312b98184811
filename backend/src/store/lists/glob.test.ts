import fc from 'fast-check'
import { expect, it } from 'vitest'
import { globMatches, globToLike } from './glob.js'

it('matches any run of characters with a star and everything else literally', () => {
  expect(globMatches('ali*', 'alice')).toBe(true)
  expect(globMatches('*ice', 'alice')).toBe(true)
  expect(globMatches('a*c*', 'alice')).toBe(true)
  expect(globMatches('alice', 'alice2')).toBe(false)
  expect(globMatches('a.c', 'abc')).toBe(false)
})

it('agrees with a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
  fc.assert(
    fc.property(text, text, (pattern, subject) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
      expect(globMatches(pattern, subject)).toBe(expression.test(subject))
    }),
  )
})

it('answers at once where a regular expression would backtrack for years', () => {
  expect(globMatches('*a'.repeat(60) + 'b', 'a'.repeat(5_000))).toBe(false)
})

it('escapes everything for LIKE except the stars', () => {
  expect(globToLike('50%_a\\b*')).toBe('50\\%\\_a\\\\b%')
})
