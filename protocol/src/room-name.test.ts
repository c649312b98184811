import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { isRoomName, isRoomPattern, isSystemRoom, matchesRoom } from './room-name.js'

describe('room names', () => {
  it('[R-1] takes segments of letters, digits, _ . - joined by colons', () => {
    for (const name of ['lobby', 'chat:lobby', 'a.b-c_d:1:Z']) expect(isRoomName(name), name).toBe(true)
  })

  it('[R-1] refuses empty segments, other characters, other types and more than 255 characters', () => {
    for (const name of ['', ':a', 'a:', 'a::b', 'a b', 'ä', 'a/b', '*', 'x'.repeat(256), 7, null, ['a']]) {
      expect(isRoomName(name), String(name)).toBe(false)
    }
    expect(isRoomName('x'.repeat(255))).toBe(true)
  })

  it('[R-3] knows the names reserved for the control room', () => {
    expect(isSystemRoom('sys:stats')).toBe(true)
    expect(isSystemRoom('sys')).toBe(true)
    expect(isSystemRoom('system:stats')).toBe(false)
  })
})

describe('room patterns', () => {
  it('[R-2] match one whole segment with * and all the rest with a final **', () => {
    const cases: [string, string, boolean][] = [
      ['chat:*', 'chat:lobby', true],
      ['chat:*', 'chat:a:b', false],
      ['chat:*', 'chat', false],
      ['*', 'news', true],
      ['*', 'news:a', false],
      ['**', 'news:a:b', true],
      ['chat:**', 'chat:a:b', true],
      ['chat:**', 'chat', false],
      ['chat:*:log', 'chat:a:log', true],
      ['chat:*:log', 'chat:a:logs', false],
      ['news', 'news', true],
      ['news', 'newsroom', false],
    ]
    for (const [pattern, name, fits] of cases) expect(matchesRoom(pattern, name), `${pattern} ${name}`).toBe(fits)
  })

  it('[R-2] take * and ** only as whole segments, ** only at the end', () => {
    for (const pattern of ['a*', '**:a', 'a:**:b', 'a:***', '', ':', '*a'])
      expect(isRoomPattern(pattern), pattern).toBe(false)
    for (const pattern of ['*', '**', 'a:*', 'a:**', '*:b']) expect(isRoomPattern(pattern), pattern).toBe(true)
  })

  it('[R-2] agree with a straightforward matcher on any input', () => {
    const segment = fc.constantFrom('a', 'b', 'ab', 'c')
    const names = fc.array(segment, { minLength: 1, maxLength: 5 })
    const patterns = fc.tuple(fc.array(fc.oneof(segment, fc.constant('*')), { maxLength: 5 }), fc.boolean())
    fc.assert(
      fc.property(names, patterns, (name, [head, rest]) => {
        const pattern = rest ? [...head, '**'] : head
        fc.pre(pattern.length > 0)
        const fits =
          (rest ? name.length > head.length : name.length === head.length) &&
          head.every((p, i) => p === '*' || p === name[i])
        expect(matchesRoom(pattern.join(':'), name.join(':'))).toBe(fits)
      }),
    )
  })

  it('[R-2] cost no more than their length: a hostile pattern of 255 characters is as fast as any', () => {
    const pattern = Array.from({ length: 127 }, () => '*').join(':')
    const name = `${Array.from({ length: 126 }, () => 'a').join(':')}:b:c`
    expect(matchesRoom(pattern, name)).toBe(false)
  })
})
