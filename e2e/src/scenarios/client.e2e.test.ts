import { connect, type Connection, type ConnectOptions } from '@gatehouse/client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { NodeProcess } from '../support/node-process.ts'
import { size } from '../support/size.ts'
import { until } from '../support/until.ts'

describe('the client library on a real node', () => {
  let node: NodeProcess
  const opened: Connection[] = []
  beforeAll(async () => {
    node = await NodeProcess.start()
  })
  afterEach(() => opened.splice(0).forEach((connection) => connection.close()))
  afterAll(() => node.dispose())

  const start = (sub: string, options: Partial<ConnectOptions> = {}): Connection => {
    const getToken = (): string => node.token({ sub, rooms: { 'chat:*': ['join', 'publish', 'presence'] } })
    const connection = connect({ url: node.gatewayUrl, getToken, client: { name: 'sdk' }, ...options })
    opened.push(connection)
    return connection
  }
  const disconnect = (connection: Connection, reason: string, more: object = {}): Promise<unknown> =>
    node.rest.post(`/v1/connections/${connection.id ?? ''}/disconnect`, { reason, message: 'a test', ...more })

  it('joins, and receives the messages of others and its own in one order', async () => {
    const [a, b] = [start('ann'), start('ben')]
    const heard: unknown[] = []
    await a.join('chat:lobby', { onMessage: ({ data }) => heard.push(data) })
    await b.join('chat:lobby')
    await a.publish('chat:lobby', 1)
    await b.publish('chat:lobby', 2)
    await until('both messages', () => heard.length === 2)
    expect(heard).toEqual([1, 2])
  })

  it('rejoins its rooms after a force_reconnect, and knows how much it missed', async () => {
    const [a, b] = [start('cleo'), start('dan')]
    const heard: unknown[] = []
    const gaps: unknown[] = []
    await a.join('chat:back', { onMessage: ({ data }) => heard.push(data), onGap: (gap) => gaps.push(gap) })
    await b.join('chat:back')
    const before = a.id
    // The client's own wait may be close to zero, so the server asks for a longer one.
    await disconnect(a, 'force_reconnect', { retryAfterMs: 1000 })
    await until('it is gone', () => a.state !== 'open')
    await b.publish('chat:back', 'missed')
    await until('it is back', () => a.state === 'open' && a.id !== before)
    await until('the gap', () => gaps.length > 0)
    expect(gaps).toEqual([{ room: 'chat:back', count: 1, cause: 'history_off' }])
    await b.publish('chat:back', 'heard')
    await until('the message', () => heard.length > 0)
    expect(heard).toEqual(['heard'])
  })

  it('does not reconnect after a kick, and knows the reason', async () => {
    const connection = start('eve')
    const ends: unknown[] = []
    connection.on('disconnect', (end) => ends.push(end))
    await connection.opened()
    await disconnect(connection, 'kicked')
    await until('it is closed', () => connection.state === 'closed')
    expect(ends).toMatchObject([
      { code: 4504, reason: 'kicked', connection: connection.id, message: 'a test', reconnectInMs: undefined },
    ])
  })

  it('learns from the check why its opening was refused', async () => {
    const connection = start('fay', { url: node.gatewayUrl.replace(/\/ws$/, '/elsewhere') })
    const refusals: unknown[] = []
    connection.on('refused', (refusal) => refusals.push(refusal))
    await until('it is closed', () => connection.state === 'closed')
    expect(refusals).toMatchObject([{ status: 404, reason: 'path_not_found' }])
  })

  it('refreshes its token before it expires and stays connected', async () => {
    let tokens = 0
    const getToken = (): string => {
      tokens += 1
      return node.token({ sub: 'gus', rooms: {}, ttlSeconds: 4 })
    }
    const connection = start('gus', { getToken })
    await connection.opened()
    const { id } = connection
    await until('a second token was asked for', () => tokens >= 3, { withinMs: 12_000 })
    expect([connection.state, connection.id]).toEqual(['open', id])
  })

  it.runIf(size === 'long')('stays connected in a room without messages for a minute', async () => {
    const connection = start('ida')
    await connection.join('chat:silent')
    const { id } = connection
    let ends = 0
    connection.on('disconnect', () => (ends += 1))
    const startedAt = Date.now()
    await until('a minute is over', () => Date.now() - startedAt > 60_000, { withinMs: 70_000, everyMs: 1000 })
    expect([connection.state, connection.id, ends]).toEqual(['open', id, 0])
  })

  it('stops trying with a refused token', async () => {
    const connection = start('hal', { token: 'not a token', getToken: () => 'not a token' })
    await until('it is closed', () => connection.state === 'closed')
    expect(connection.id).toBeUndefined()
  })
})
