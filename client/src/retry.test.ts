import { describe, expect, it } from 'vitest'
import { connectOk, opened, settled, started, type FakeSocket } from './testing.js'

const publishes = (sockets: readonly FakeSocket[]): Record<string, unknown>[] =>
  sockets.flatMap(({ sent }) => sent.filter(({ event }) => event === 'publish').map(({ data }) => data))
const failure = (code: string, more: object = {}) => ({ error: { code, message: code, ...more } })

async function publishing(data: unknown = 'hello', options: object = {}) {
  const made = await started()
  const outcome = made.connection.room('chat:a').publish(data, options)
  outcome.catch(() => {})
  await settled()
  return { ...made, outcome }
}

describe('a publish of a room', () => {
  it.each(['unknown_outcome', 'unavailable'])('is sent again with the same key after %s', async (code) => {
    const { made, newest, clock, outcome } = await publishing()
    await newest().reply('publish', failure(code))
    await clock.pass(249)
    expect(publishes(made)).toHaveLength(1)
    await clock.pass(1)
    const [first, second] = publishes(made)
    expect(second).toEqual(first)
    expect(first?.['key']).toMatch(/^[0-9a-f]{32}$/)
    await newest().reply('publish', { ok: { offset: 8 } })
    await expect(outcome).resolves.toEqual({ offset: 8 })
  })

  it('is sent again when no reply came in time', async () => {
    const { made, clock, newest, outcome } = await publishing()
    const alive = async (): Promise<void> => newest().frame({ event: 'notice', message: 'alive' })
    await clock.pass(14_000)
    await alive()
    await clock.pass(1250)
    expect(publishes(made)).toHaveLength(2)
    await newest().reply('publish', { ok: { offset: 8 } })
    await expect(outcome).resolves.toEqual({ offset: 8 })
  })

  it('is sent again over the next connection', async () => {
    const { made, newest, clock, outcome } = await publishing()
    await newest().lose(1006)
    await clock.pass(250)
    await opened(newest)
    const [first, second] = publishes(made)
    expect([made.length, second]).toEqual([2, first])
    await newest().reply('publish', { ok: { offset: 8 } })
    await expect(outcome).resolves.toEqual({ offset: 8 })
  })

  it('waits at least as long as a rate limit says', async () => {
    const { made, newest, clock } = await publishing()
    await newest().reply('publish', failure('rate_limited', { retryAfterMs: 3000 }))
    await clock.pass(3249)
    expect(publishes(made)).toHaveLength(1)
    await clock.pass(1)
    expect(publishes(made)).toHaveLength(2)
  })

  it('fails at once if the wait would exceed its time limit', async () => {
    const { newest, outcome } = await publishing('hello', { withinMs: 5000 })
    await newest().reply('publish', failure('rate_limited', { retryAfterMs: 6000 }))
    await expect(outcome).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 6000 })
  })

  it('fails with the last error when its time is over, and is not sent afterwards', async () => {
    const { made, newest, clock, outcome } = await publishing('hello', { withinMs: 20_000 })
    await newest().lose(1006)
    await clock.pass(19_999)
    await clock.pass(1)
    await expect(outcome).rejects.toMatchObject({ code: 'disconnected' })
    await opened(newest)
    expect(publishes(made)).toHaveLength(1)
  })

  it.each(['forbidden', 'key_conflict', 'too_large', 'room_closed'])('is not tried again after %s', async (code) => {
    const { made, newest, clock, outcome } = await publishing()
    await newest().reply('publish', failure(code))
    await expect(outcome).rejects.toMatchObject({ code })
    await clock.pass(60_000)
    expect(publishes(made)).toHaveLength(1)
  })

  it('fails at once when the connection ended for good', async () => {
    const { newest, outcome } = await publishing()
    await newest().lose(4504, 'kicked cn_1')
    await expect(outcome).rejects.toMatchObject({ code: 'disconnected' })
  })

  it('sends the object as it was given, even if it is changed later', async () => {
    const data = { text: 'first' }
    const { made, newest, clock } = await publishing(data)
    data.text = 'second'
    await newest().reply('publish', failure('unavailable'))
    await clock.pass(250)
    expect(publishes(made).map((sent) => sent['data'])).toEqual([{ text: 'first' }, { text: 'first' }])
  })

  it('uses a key from the application, and does not retry if told not to', async () => {
    const { made, newest, outcome } = await publishing('hello', { key: 'mine', retry: false })
    await newest().reply('publish', failure('unavailable'))
    await expect(outcome).rejects.toMatchObject({ code: 'unavailable' })
    expect(publishes(made)).toEqual([{ room: 'chat:a', data: 'hello', key: 'mine' }])
  })

  it('waits for a connection that is not open yet', async () => {
    const { connection, newest, made, clock } = await started()
    await newest().lose(1006)
    const outcome = connection.publish('chat:a', 1, { retry: true })
    await clock.pass(250)
    await newest().accept()
    expect(publishes(made)).toEqual([])
    await newest().reply('connect', { ok: connectOk() })
    await newest().reply('publish', { ok: { offset: 9 } })
    await expect(outcome).resolves.toEqual({ offset: 9 })
  })
})
