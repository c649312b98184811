import { describe, expect, it } from 'vitest'
import type { Gap } from './events.js'
import { connectOk, joined, started } from './testing.js'

describe('rooms', () => {
  it('delivers messages to their room', async () => {
    const { connection, newest } = await started()
    const seen: unknown[] = []
    await joined(connection, newest, 'chat:a', { onMessage: (message: { data: unknown }) => seen.push(message.data) })
    await newest().frame({ event: 'message', room: 'chat:a', offset: 8, data: 'hello' })
    await newest().frame({ event: 'message', room: 'chat:b', offset: 1, data: 'not ours' })
    expect(seen).toEqual(['hello'])
  })

  it('joins again from where it stopped reading, and counts what it missed', async () => {
    const { connection, newest, clock } = await started()
    const gaps: Gap[] = []
    await joined(connection, newest, 'chat:a', { onGap: (gap: Gap) => gaps.push(gap) })
    await newest().frame({ event: 'message', room: 'chat:a', offset: 8, data: 1 })
    await newest().lose(1006)
    await clock.pass(250)
    await newest().accept()
    expect(newest().last('connect').data['session']).toBe('sn_1')
    await newest().reply('connect', { ok: connectOk({ connection: 'cn_2' }) })
    expect(newest().last('join').data).toEqual({ rooms: [{ room: 'chat:a', since: { epoch: 'e1', offset: 8 } }] })
    const ok = { room: {}, epoch: 'e1', offset: 12, recovered: false, reason: 'history_off' }
    await newest().reply('join', { ok: { results: [{ room: 'chat:a', ok }] } })
    expect(gaps).toEqual([{ room: 'chat:a', count: 4, cause: 'history_off' }])
  })

  it('delivers recovered messages before live ones and reports no gap', async () => {
    const { connection, newest, clock } = await started()
    const seen: unknown[] = []
    const gaps: Gap[] = []
    await joined(connection, newest, 'chat:a', {
      onMessage: (message: { offset: number }) => seen.push(message.offset),
      onGap: (gap: Gap) => gaps.push(gap),
    })
    await newest().lose(1006)
    await clock.pass(250)
    await newest().accept()
    await newest().reply('connect', { ok: connectOk() })
    const messages = [8, 9].map((offset) => ({ event: 'message', room: 'chat:a', offset, data: 1 }))
    const ok = { room: {}, epoch: 'e1', offset: 9, recovered: true, messages }
    await newest().reply('join', { ok: { results: [{ room: 'chat:a', ok }] } })
    await newest().frame({ event: 'message', room: 'chat:a', offset: 10, data: 1 })
    expect([seen, gaps]).toEqual([[8, 9, 10], []])
  })

  it('handles the answer to a join before the live messages that arrive in the same packet', async () => {
    const { connection, newest, clock } = await started()
    const seen: unknown[] = []
    await joined(connection, newest, 'chat:a', {
      onMessage: (message: { offset: number }) => seen.push(message.offset),
    })
    await newest().lose(1006)
    await clock.pass(250)
    await newest().accept()
    await newest().reply('connect', { ok: connectOk() })
    const message = (offset: number) => ({ event: 'message', room: 'chat:a', offset, data: 1 })
    const ok = { room: {}, epoch: 'e1', offset: 9, recovered: true, messages: [message(8), message(9)] }
    // The ws library reads all frames of one chunk before any promise continues.
    void newest().reply('join', { ok: { results: [{ room: 'chat:a', ok }] } })
    void newest().frame(message(10))
    await newest().frame(message(11))
    expect(seen).toEqual([8, 9, 10, 11])
  })

  it('retries a rejoin that came too early, and gives up one that is refused', async () => {
    const { connection, newest, clock } = await started()
    const left: unknown[] = []
    connection.on('left', (event) => left.push(event))
    await joined(connection, newest, 'chat:a')
    await joined(connection, newest, 'chat:b')
    await newest().lose(1006)
    await clock.pass(250)
    await newest().accept()
    await newest().reply('connect', { ok: connectOk() })
    await newest().reply('join', {
      ok: {
        results: [
          { room: 'chat:a', error: { code: 'rate_limited', message: 'slow down', retryAfterMs: 700 } },
          { room: 'chat:b', error: { code: 'forbidden', message: 'no right' } },
        ],
      },
    })
    expect([left, connection.rooms]).toEqual([[{ room: 'chat:b', reason: 'forbidden' }], ['chat:a']])
    await clock.pass(949)
    expect(newest().sent.filter(({ event }) => event === 'join')).toHaveLength(1)
    await clock.pass(1)
    expect(newest().last('join').data).toEqual({ rooms: [{ room: 'chat:a', since: { epoch: 'e1', offset: 7 } }] })
  })

  it('does not rejoin a room that was closed, left or refused', async () => {
    const { connection, newest } = await started()
    await joined(connection, newest, 'chat:a')
    await newest().frame({ event: 'roomClosed', room: 'chat:a', reason: 'maintenance' })
    expect(connection.rooms).toEqual([])
    const refusedJoin = connection.join('chat:b')
    await newest().reply('join', { error: { code: 'forbidden', message: 'no right' } })
    await expect(refusedJoin).rejects.toMatchObject({ code: 'forbidden' })
    expect(connection.rooms).toEqual([])
  })
})

describe('keeping alive', () => {
  it('[B-4] pings only after a silence, and gives up 10 s later', async () => {
    const { connection, newest, made, clock } = await started()
    await clock.pass(20_000)
    await newest().frame({ event: 'notice', message: 'still here' })
    await clock.pass(24_999)
    expect(newest().sent.filter(({ event }) => event === 'ping')).toEqual([])
    await clock.pass(1)
    expect(newest().last('ping').id).toBeGreaterThan(0)
    await clock.pass(10_000)
    expect([connection.state, made[0]?.closed]).toEqual(['waiting', { code: 3000 }])
  })

  it('[B-4] stays open if anything arrives after the ping', async () => {
    const { connection, newest, clock } = await started()
    await clock.pass(25_000)
    await newest().reply('ping', { ok: {} })
    await clock.pass(34_999)
    expect(connection.state).toBe('open')
  })

  it('refreshes its token a minute before it expires, and again before the next one expires', async () => {
    let count = 0
    const { newest, clock } = await started({ getToken: () => `token-${(count += 1)}` }, { pingMs: 3_600_000 })
    await clock.pass(539_999)
    expect(newest().sent.some(({ event }) => event === 'refresh')).toBe(false)
    await clock.pass(1)
    expect(newest().last('refresh').data).toEqual({ token: 'token-2' })
    await newest().reply('refresh', { ok: { expiresAt: 5_540_000 + 600_000 } })
    await clock.pass(540_000)
    expect(newest().last('refresh').data).toEqual({ token: 'token-3' })
  })

  it('reports a failed refresh and tries again', async () => {
    const { connection, newest, clock } = await started({ getToken: () => 'token' }, { pingMs: 3_600_000 })
    const errors: string[] = []
    connection.on('error', ({ code }) => errors.push(code))
    await clock.pass(540_000)
    await newest().reply('refresh', { error: { code: 'unavailable', message: 'later' } })
    expect(errors).toEqual(['refresh_failed'])
    await clock.pass(1250)
    expect(newest().sent.filter(({ event }) => event === 'refresh')).toHaveLength(2)
  })

  it('returns who is present', async () => {
    const { connection, newest } = await started()
    const asked = connection.presence('chat:a')
    await newest().reply('presence', { ok: { members: [{ user: 'alice', connections: 2 }], count: 2 } })
    const { members, count } = await asked
    expect([members[0]?.user, members[0]?.connections, count]).toEqual(['alice', 2, 2])
  })

  it('fails a request that is not answered in time', async () => {
    const { connection, clock } = await started()
    const asked = connection.presence('chat:a')
    const outcome = asked.catch((error: unknown) => error)
    await clock.pass(15_000)
    expect(await outcome).toMatchObject({ code: 'timeout' })
  })

  it('does nothing more once the application closed it', async () => {
    const { connection, made, clock } = await started()
    connection.close()
    await clock.pass(3_600_000)
    expect([connection.state, made.length, made[0]?.closed]).toEqual(['closed', 1, { code: 1000 }])
    await expect(connection.publish('chat:a', 1)).rejects.toMatchObject({ code: 'disconnected' })
  })
})
