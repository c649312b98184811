import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { formatFilter, parseFilter, parseSize, parseSpan } from './filter.js'

const tokens = (text: string) => {
  const parsed = parseFilter(text)
  if (parsed.fault !== undefined) throw new Error(parsed.fault)
  return parsed.tokens
}

describe('a list filter', () => {
  it('reads typed tokens, alternatives, comparisons, negation and quotes', () => {
    expect(tokens('user:alice pending:>64k state:open,slow -client:"my app" hello')).toEqual([
      { field: 'user', op: '=', values: ['alice'], negated: false },
      { field: 'pending', op: '>', values: ['64k'], negated: false },
      { field: 'state', op: '=', values: ['open', 'slow'], negated: false },
      { field: 'client', op: '=', values: ['my app'], negated: true },
      { field: 'text', op: '=', values: ['hello'], negated: false },
    ])
  })

  it('keeps the colons of a room name in the value', () => {
    expect(tokens('room:chat:lobby')).toEqual([{ field: 'room', op: '=', values: ['chat:lobby'], negated: false }])
  })

  it('says which token has no value', () => {
    expect(parseFilter('user: state:open').fault).toContain('user:')
  })

  it('writes what it reads', () => {
    const value = fc.stringMatching(/^[a-z0-9 ,:.]{1,12}$/).filter((v) => v.trim() !== '')
    const token = fc.record({
      field: fc.constantFrom('user', 'room', 'state'),
      op: fc.constant('=' as const),
      values: fc.array(value, { minLength: 1, maxLength: 3 }),
      negated: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(token, { maxLength: 4 }), (list) => {
        expect(tokens(formatFilter(list))).toEqual(list)
      }),
    )
  })

  it('reads sizes and spans with their units', () => {
    expect([parseSize('64k'), parseSize('1MiB'), parseSize('900'), parseSize('x')]).toEqual([
      65536,
      1048576,
      900,
      undefined,
    ])
    expect([
      parseSpan('500ms'),
      parseSpan('1.5s'),
      parseSpan('15m'),
      parseSpan('2h'),
      parseSpan('7d'),
      parseSpan('7'),
    ]).toEqual([500, 1500, 900_000, 7_200_000, 604_800_000, undefined])
  })
})
