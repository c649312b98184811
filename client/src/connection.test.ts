import { describe, expect, it } from 'vitest'
import { connect } from './connect.js'
import type { Disconnected, Refused } from './events.js'
import { connectOk, fakeSockets, ManualClock, start, started } from './testing.js'

const refusing =
  (status: number, body: object): typeof fetch =>
  async () =>
    new Response(JSON.stringify(body), { status })

describe('opening', () => {
  it('sends its token only in the first frame, and is open once the server says so', async () => {
    const { connection, newest } = start({ client: { name: 'web', version: '1.4' }, labels: { region: 'eu' } })
    expect([newest().url, newest().protocols, newest().sent]).toEqual(['ws://gateway/ws', ['gatehouse.v1.json'], []])
    await newest().accept()
    expect(newest().sent[0]).toMatchObject({
      event: 'connect',
      data: { token: 'secret', client: { name: 'web', version: '1.4' }, labels: { region: 'eu' } },
    })
    expect(connection.state).toBe('connecting')
    await newest().reply('connect', { ok: connectOk() })
    expect([connection.state, connection.id, connection.session]).toEqual(['open', 'cn_1', 'sn_1'])
  })

  it('without a token waits for the push of a server that authenticated the opening', async () => {
    const clock = new ManualClock()
    const { newest, WebSocket } = fakeSockets()
    const connection = connect({ url: 'ws://control/v1/live', WebSocket, clock, random: () => 0.5 })
    await newest().accept()
    expect(newest().sent).toEqual([])
    await newest().frame({ event: 'connected', ...connectOk({ connection: 'cn_9' }) })
    expect([connection.state, connection.id]).toEqual(['open', 'cn_9'])
  })

  it('gives up an opening that is not answered in time and tries again', async () => {
    const { connection, made, clock } = start()
    await clock.pass(15_000)
    expect(connection.state).toBe('waiting')
    await clock.pass(250)
    expect(made).toHaveLength(2)
  })

  it('asks why an opening was refused, and stays away if waiting does not help', async () => {
    const refused: Refused[] = []
    // A page whose cookie authenticates asks with it; one with a token does not.
    const { connection, newest } = start({ fetch: refusing(403, { code: 'banned', detail: 'The user is banned.' }) })
    connection.on('refused', (event) => refused.push(event))
    const opened = connection.opened()
    await newest().lose(1006)
    await expect(opened).rejects.toMatchObject({
      code: 'disconnected',
      reason: 'banned',
      message: 'the connection is closed for good (banned): The user is banned.',
    })
    expect(refused).toEqual([
      { status: 403, reason: 'banned', sentence: 'The user is banned.', reconnectInMs: undefined },
    ])
    expect(connection.state).toBe('closed')
  })

  it('waits at least as long as a draining node asks', async () => {
    const { connection, newest, made, clock } = start({
      fetch: refusing(503, { code: 'draining', detail: 'The node is being drained.', retryAfterMs: 8000 }),
    })
    const delays: unknown[] = []
    connection.on('refused', ({ reconnectInMs }) => delays.push(reconnectInMs))
    await newest().lose(1006)
    await expect.poll(() => delays).toEqual([8250])
    await clock.pass(8249)
    expect(made).toHaveLength(1)
    await clock.pass(1)
    expect(made).toHaveLength(2)
  })
})

describe('after a close', () => {
  it('reports code, reason, sentence, connection id and what happens next', async () => {
    const { connection, newest } = await started()
    const seen: Disconnected[] = []
    connection.on('disconnect', (event) => seen.push(event))
    await newest().frame({
      event: 'disconnect',
      code: 4504,
      reason: 'kicked',
      connection: 'cn_1',
      message: 'be kind',
      sentence: 'Ann disconnected the client, saying “be kind”.',
    })
    await newest().lose(4504, 'kicked cn_1')
    expect(seen).toEqual([
      {
        code: 4504,
        reason: 'kicked',
        sentence: 'Ann disconnected the client, saying “be kind”.',
        connection: 'cn_1',
        message: 'be kind',
        reconnectInMs: undefined,
      },
    ])
    expect(connection.state).toBe('closed')
  })

  it.each([1002, 1003, 1007, 1008, 1009, 1000, 3500, 4500, 4504, 4999])('[C-1] stays away on %i', async (code) => {
    const { connection, newest, made, clock } = await started()
    await newest().lose(code)
    await clock.pass(3_600_000)
    expect([connection.state, made.length]).toEqual(['closed', 1])
  })

  it.each([1001, 1005, 1006, 1011, 1012, 1013, 3000, 4000, 4008, 4499])('[C-1] comes back on %i', async (code) => {
    const { newest, made, clock } = await started()
    await newest().lose(code)
    await clock.pass(500)
    expect(made).toHaveLength(2)
  })

  it('takes the reason from the close frame when the push was lost', async () => {
    const { connection, newest } = await started()
    const seen: Disconnected[] = []
    connection.on('disconnect', (event) => seen.push(event))
    await newest().lose(4504, 'kicked cn_1')
    expect(seen[0]).toMatchObject({ reason: 'kicked', connection: 'cn_1' })
  })

  it('adds its jitter to the time the server asked for', async () => {
    const { newest, made, clock } = await started()
    await newest().frame({
      event: 'disconnect',
      code: 1012,
      reason: 'drain',
      connection: 'cn_1',
      retryAfterMs: 4000,
      sentence: 's',
    })
    await newest().lose(1012, 'drain cn_1')
    await clock.pass(4249)
    expect(made).toHaveLength(1)
    await clock.pass(1)
    expect(made).toHaveLength(2)
  })

  it('doubles its waits up to 20 s while nothing answers, and resets them after a success', async () => {
    const { connection, newest, made, clock } = await started()
    const waits: number[] = []
    connection.on('disconnect', ({ reconnectInMs }) => waits.push(reconnectInMs ?? -1))
    await newest().lose(1006)
    for (let i = 0; i < 7; i += 1) {
      await clock.pass(waits.at(-1) ?? 0)
      await newest().accept()
      await newest().lose(1006)
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
    await clock.pass(10_000)
    await newest().accept()
    await newest().reply('connect', { ok: connectOk() })
    await newest().lose(1006)
    expect([waits.at(-1), made.length]).toEqual([250, 9])
  })

  it('stays closed after an idle close until there is something to send', async () => {
    const { connection, newest, made, clock } = await started()
    await newest().frame({ event: 'disconnect', code: 4001, reason: 'idle_timeout', connection: 'cn_1', sentence: 's' })
    await newest().lose(4001, 'idle_timeout cn_1')
    await clock.pass(3_600_000)
    expect([connection.state, made.length]).toEqual(['resting', 1])
    const published = connection.publish('chat:a', 1)
    await newest().accept()
    await newest().reply('connect', { ok: connectOk() })
    await newest().reply('publish', { ok: { offset: 3 } })
    await expect(published).resolves.toEqual({ offset: 3 })
  })

  it('does not reconnect with a token that has just expired unless it can get another', async () => {
    const fixed = await started()
    await fixed.newest().lose(4009, 'auth_expired cn_1')
    expect(fixed.connection.state).toBe('closed')
    const renewing = await started({ getToken: () => 'fresh' })
    await renewing.newest().lose(4009, 'auth_expired cn_1')
    expect(renewing.connection.state).toBe('waiting')
  })

  it('fails the requests that wait, because their outcome is unknown', async () => {
    const { connection, newest } = await started()
    const published = connection.publish('chat:a', 1)
    await newest().lose(1006)
    await expect(published).rejects.toMatchObject({ code: 'disconnected' })
  })
})
