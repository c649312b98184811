import { expect, it } from 'vitest'
import type { ListRequest } from '../repositories/list-request.js'
import { BadListRequest } from '../repositories/store-errors.js'
import { decodeCursor, encodeCursor } from './cursor.js'

const request: ListRequest = { tokens: [{ field: 'user', op: '=', values: ['alice'], negated: false }], limit: 10 }
const cursor = { after: [1_700_000_000_000, 'c1'] as const, total: 12 }

it('decodes to what was encoded', () => {
  expect(decodeCursor('bans', { ...request, cursor: encodeCursor('bans', request, cursor) })).toEqual(cursor)
  expect(decodeCursor('bans', request)).toBeUndefined()
})

it('is refused with a clear message if a byte of it was changed', () => {
  const text = encodeCursor('bans', request, cursor)
  for (let i = 0; i < text.length; i++) {
    const changed = text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)
    // Some bits of the last character are padding, so changing it may change no byte.
    if (Buffer.from(changed, 'base64url').equals(Buffer.from(text, 'base64url'))) continue
    expect(() => decodeCursor('bans', { ...request, cursor: changed })).toThrow(/start again without one/)
  }
})

it('is refused for another list, filter or order, and if it is garbage', () => {
  const text = encodeCursor('bans', request, cursor)
  expect(() => decodeCursor('audit', { ...request, cursor: text })).toThrow(BadListRequest)
  expect(() => decodeCursor('bans', { ...request, tokens: [], cursor: text })).toThrow(BadListRequest)
  expect(() => decodeCursor('bans', { ...request, sort: 'value', cursor: text })).toThrow(BadListRequest)
  for (const rubbish of ['', 'x', '{}', '%%%', 'é'.repeat(50)])
    expect(() => decodeCursor('bans', { ...request, cursor: rubbish })).toThrow(BadListRequest)
})
