import { closeReasonNames, closeReasons, mayReconnect } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import { joined, start, started } from './testing.js'

const forGood = closeReasonNames.flatMap((reason) => {
  const { code, retry } = closeReasons[reason]
  return code !== null && retry === 'never' ? [[reason, code] as const] : []
})

describe('a close that says to stay away', () => {
  it.each(forGood)('stays closed after %s (%i), whatever is asked of the connection', async (reason, code) => {
    const { connection, newest, made, clock } = await started()
    await joined(connection, newest, 'chat:a')
    await newest().lose(code, `${reason} cn_1`)
    const error = { code: 'disconnected', reason, message: expect.stringContaining(`for good (${reason}): `) }
    expect(() => connection.reconnect()).toThrow(expect.objectContaining(error))
    await expect(connection.join('chat:b')).rejects.toMatchObject(error)
    await expect(connection.publish('chat:a', 1)).rejects.toMatchObject(error)
    await expect(connection.publish('chat:a', 1, { retry: true })).rejects.toMatchObject(error)
    await expect(connection.request('ping', {})).rejects.toMatchObject(error)
    await expect(connection.opened()).rejects.toMatchObject(error)
    await clock.pass(3_600_000)
    expect([connection.state, made.length]).toEqual(['closed', 1])
  })

  it('also stays closed if the push arrived and the close frame did not', async () => {
    const { connection, newest, made, clock } = await started()
    const end = { code: 4504, reason: 'kicked', connection: 'cn_1', sentence: 'Ann disconnected the client.' }
    await newest().frame({ event: 'disconnect', ...end })
    await newest().lose(1006)
    await clock.pass(3_600_000)
    expect([connection.state, made.length, mayReconnect(1006)]).toEqual(['closed', 1, true])
  })

  it('is not undone by a listener that reconnects on every close', async () => {
    const { connection, newest, made, clock } = await started()
    const caught: unknown[] = []
    connection.on('disconnect', () => {
      try {
        connection.reconnect()
      } catch (error) {
        caught.push(error)
      }
    })
    await newest().lose(4505, 'banned cn_1')
    await clock.pass(60_000)
    expect([caught, made.length]).toEqual([[expect.objectContaining({ reason: 'banned' })], 1])
  })

  it('is undone by force, and the rooms come back', async () => {
    const { connection, newest, made } = await started()
    await joined(connection, newest, 'chat:a')
    await newest().lose(4504, 'kicked cn_1')
    connection.reconnect({ force: true })
    expect([connection.state, made.length, connection.rooms]).toEqual(['connecting', 2, ['chat:a']])
  })

  it('includes a refusal that will not change with time', async () => {
    const refusing: typeof fetch = async () => new Response(JSON.stringify({ code: 'bad_token' }), { status: 401 })
    const { connection, newest } = start({ fetch: refusing })
    await newest().lose(1006)
    await expect.poll(() => connection.state).toBe('closed')
    expect(() => connection.reconnect()).toThrow(expect.objectContaining({ reason: 'bad_token' }))
  })
})

describe('a close of another kind', () => {
  it('by the application lets it open again', async () => {
    const { connection, made } = await started()
    connection.close()
    connection.reconnect()
    expect([connection.state, made.length]).toEqual(['connecting', 2])
  })

  it('with reconnects disabled lets it open again too', async () => {
    const { connection, newest, made } = await started({ reconnect: false })
    await newest().lose(1006)
    expect(connection.state).toBe('closed')
    connection.reconnect()
    expect(made).toHaveLength(2)
  })
})
