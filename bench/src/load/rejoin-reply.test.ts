import { describe, expect, it } from 'vitest'
import { answered, outcomeOf, type JoinResult } from './rejoin-reply.ts'

const asked = { room: 'a', since: { epoch: 'e', offset: 4 } }
const ok = (facts: Partial<NonNullable<JoinResult['ok']>>): JoinResult => ({
  room: 'a',
  ok: { epoch: 'e', offset: 6, ...facts },
})
const messages = (...offsets: number[]): { offset: number }[] => offsets.map((offset) => ({ offset }))

describe('the outcome of a rejoin', () => {
  it.each<[string, JoinResult | undefined]>([
    ['recovered', ok({ recovered: true, messages: messages(5, 6) })],
    ['recovered', ok({ offset: 4, recovered: true })],
    ['recovered with holes', ok({ recovered: true })],
    ['recovered with holes', ok({ recovered: true, messages: messages(5, 5) })],
    ['recovered in another epoch', ok({ epoch: 'f', recovered: true, messages: messages(5, 6) })],
    ['history_off', ok({ recovered: false, reason: 'history_off' })],
    ['room_closed', { room: 'a', error: { code: 'room_closed' } }],
    ['not answered', { room: 'b', ok: { epoch: 'e', offset: 4, recovered: true } }],
    ['not answered', undefined],
  ])('is %s, judged by the offsets', (outcome, result) => {
    expect(outcomeOf(asked, result)).toBe(outcome)
  })

  it('throws when the whole join failed', () => {
    expect(() => answered('{"id":2,"error":{"code":"rate_limited"}}')).toThrow(/rate_limited/)
  })
})
