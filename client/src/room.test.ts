import { describe, expect, expectTypeOf, it } from 'vitest'
import type { RequestError } from './request-error.js'
import type { Room, RoomOptions } from './room.js'
import type { ReadMessage } from './room-stream.js'
import { connect } from './connect.js'
import type { Connection } from './connection.js'
import { connectOk, message, opened, settled, start, started, FakeSocket } from './testing.js'

/** Reads in the background what a loop gets. */
function read<T>(room: Room<T>, stopAfter = Infinity) {
  const got: ReadMessage<T>[] = []
  const outcome: { error?: RequestError } = {}
  const over = (async () => {
    try {
      for await (const item of room) {
        got.push(item)
        if (got.length >= stopAfter) break
      }
    } catch (error) {
      outcome.error = error as RequestError
    }
  })()
  return { got, outcome, over }
}

const joinOk = { room: {}, epoch: 'e1', offset: 7 }

async function reading(options: RoomOptions = {}, stopAfter?: number) {
  const made = await started()
  const room = made.connection.room('chat:a', options)
  const loop = read(room, stopAfter)
  await settled()
  await made.newest().reply('join', { ok: joinOk })
  return { ...made, room, ...loop }
}

const count = (socket: FakeSocket, event: string): number => socket.sent.filter((sent) => sent.event === event).length
const offsets = (got: readonly { readonly offset: number }[]): number[] => got.map(({ offset }) => offset)

describe('a loop over a room', () => {
  it('joins the room, gets its messages in order, and leaves with the loop', async () => {
    const { newest, got, over, connection, room } = await reading({}, 2)
    expect(room.isJoined).toBe(true)
    await newest().frame(message(8))
    await newest().frame(message(9))
    await over
    expect([offsets(got), connection.rooms, newest().last('leave').data]).toEqual([[8, 9], [], { room: 'chat:a' }])
  })

  it('does not leave a room that was joined separately or that another loop reads', async () => {
    const { connection, newest, over } = await reading({}, 1)
    const other = read(connection.room('chat:a'))
    await newest().frame(message(8))
    await over
    expect([connection.rooms, count(newest(), 'leave'), count(newest(), 'join')]).toEqual([['chat:a'], 0, 1])
    const joining = connection.room('chat:a').join()
    await newest().reply('join', { ok: { ...joinOk, offset: 8, recovered: true, messages: [] } })
    await joining
    await newest().frame(message(9))
    expect(offsets(other.got)).toEqual([8, 9])
  })

  it('does not leave a room that was joined before it', async () => {
    const { connection, newest } = await started()
    const room = connection.room('chat:a')
    const joining = room.join()
    await newest().reply('join', { ok: joinOk })
    await joining
    const { over } = read(room, 1)
    await newest().frame(message(8))
    await over
    expect([connection.rooms, count(newest(), 'leave')]).toEqual([['chat:a'], 0])
  })

  it('continues over a reconnect with the messages it missed', async () => {
    const { newest, clock, got } = await reading()
    await newest().lose(1006)
    await clock.pass(250)
    await opened(newest)
    const ok = { ...joinOk, offset: 8, recovered: true, messages: [message(8)] }
    await newest().reply('join', { ok: { results: [{ room: 'chat:a', ok }] } })
    await newest().frame(message(9))
    expect(offsets(got)).toEqual([8, 9])
  })

  it('may start before the connection is open', async () => {
    const { connection, newest } = start()
    const { got } = read(connection.room('chat:a'))
    await opened(newest)
    await newest().reply('join', { ok: { results: [{ room: 'chat:a', ok: joinOk }] } })
    await newest().frame(message(8))
    expect(offsets(got)).toEqual([8])
  })

  it('reports before the next message what a slow reader missed, and keeps no more than its limit', async () => {
    const { newest, room } = await reading({ buffer: 3 })
    const slow = room[Symbol.asyncIterator]()
    for (let offset = 8; offset <= 20; offset += 1) await newest().frame(message(offset))
    const first = await slow.next()
    expect(first.value).toMatchObject({ offset: 18, gapBefore: { count: 10, cause: 'slow_reader' } })
    const second = await slow.next()
    expect([second.value?.offset, second.value?.gapBefore]).toEqual([19, undefined])
    await slow.return?.()
    await expect(slow.next()).resolves.toEqual({ done: true, value: undefined })
  })

  it('reports what the server dropped together with what the reader was too slow for', async () => {
    const { newest, room } = await reading({ buffer: 1 })
    const slow = room[Symbol.asyncIterator]()
    await newest().frame(message(8))
    await newest().frame({
      event: 'gap',
      room: 'chat:a',
      epoch: 'e1',
      from: 9,
      to: 11,
      count: 3,
      cause: 'slow_consumer',
    })
    await newest().frame(message(12))
    await expect(slow.next()).resolves.toMatchObject({ value: { offset: 12, gapBefore: { count: 4 } } })
  })

  it('throws the refusal of the server', async () => {
    const { connection, newest } = await started()
    const { over, outcome } = read(connection.room('chat:a'))
    await settled()
    await newest().reply('join', { error: { code: 'forbidden', message: 'no right' } })
    await over
    expect([outcome.error?.code, connection.rooms]).toEqual(['forbidden', []])
  })

  it.each([
    [{ event: 'left', room: 'chat:a', reason: 'removed' }, 'not_member'],
    [{ event: 'roomClosed', room: 'chat:a', reason: 'maintenance' }, 'room_closed'],
  ])('throws when the membership ends by %j', async (push, code) => {
    const { newest, over, outcome } = await reading()
    await newest().frame(push)
    await over
    expect(outcome.error?.code).toBe(code)
  })

  it('throws if the connection ends for good or already has', async () => {
    const { newest, connection, over, outcome } = await reading()
    await newest().lose(4504, 'kicked cn_1')
    await over
    expect(outcome.error).toMatchObject({ code: 'disconnected', reason: 'kicked' })
    const late = read(connection.room('chat:a'))
    await late.over
    expect(late.outcome.error).toMatchObject({ code: 'disconnected', reason: 'kicked' })
  })

  it.each(['leave', 'close'] as const)('ends without an error with %s', async (how) => {
    const { connection, room, over, outcome } = await reading()
    void (how === 'leave' ? room.leave().catch(() => {}) : connection.close())
    await over
    expect(outcome.error).toBeUndefined()
  })
})

describe('a handle of a room', () => {
  it('has the payload type that the application gave the room', () => {
    type Rooms = {
      [chat: `chat:${string}`]: { text: string }
      news: string
    }
    const connection = connect<Rooms>({ url: 'ws://gateway/ws', token: 't', WebSocket: FakeSocket })
    expectTypeOf(connection.room('chat:lobby')).toEqualTypeOf<Room<{ text: string }>>()
    expectTypeOf(connection.room('news')).toEqualTypeOf<Room<string>>()
    const untyped: Connection = connection
    expect(untyped.room('anything').name).toBe('anything')
    // @ts-expect-error no such room
    connection.room('chta:lobby')
    expectTypeOf<Parameters<ReturnType<typeof connection.room<'news'>>['publish']>[0]>().toEqualTypeOf<string>()
    connection.close()
  })

  it('asks for history and presence of its room', async () => {
    const { connection, newest } = await started()
    const room = connection.room('chat:a')
    const history = room.history({ limit: 2, reverse: true })
    expect(newest().last('history').data).toEqual({ room: 'chat:a', limit: 2, reverse: true })
    const page = {
      epoch: 'e1',
      offset: 9,
      more: true,
      messages: [message(9), { event: 'message', offset: 8, data64: 'AA==' }],
    }
    await newest().reply('history', { ok: page })
    expect((await history).messages.map(({ data }) => data)).toEqual([9, Uint8Array.of(0)])
    void room.presence().catch(() => {})
    expect(newest().last('presence').data).toEqual({ room: 'chat:a' })
  })

  it('sends receipts for messages that a loop has finished, at most one a second', async () => {
    const { newest, clock } = await reading({ autoAck: true })
    for (let offset = 8; offset <= 12; offset += 1) await newest().frame(message(offset))
    expect(count(newest(), 'ack')).toBe(0)
    await clock.pass(1000)
    expect(newest().last('ack').data).toEqual({ room: 'chat:a', offset: 12, epoch: 'e1' })
    await newest().reply('ack', { ok: {} })
    await clock.pass(10_000)
    expect(count(newest(), 'ack')).toBe(1)
  })

  it('confirms in the epoch that was read, even if the room has another by then', async () => {
    const { connection, newest, clock } = await started()
    const room = connection.room('chat:a', { autoAck: true })
    room.listen({})
    void room.join()
    await newest().reply('join', { ok: joinOk })
    await newest().frame(message(8))
    await newest().lose(1006)
    await clock.pass(250)
    await newest().accept()
    await newest().reply('connect', { ok: connectOk() })
    const ok = { room: {}, epoch: 'e2', offset: 20, recovered: false, reason: 'epoch_changed' }
    await newest().reply('join', { ok: { results: [{ room: 'chat:a', ok }] } })
    await clock.pass(1000)
    expect(newest().last('ack').data).toEqual({ room: 'chat:a', offset: 8, epoch: 'e1' })
    void room.ack(20).catch(() => {})
    expect(newest().last('ack').data).toEqual({ room: 'chat:a', offset: 20, epoch: 'e2' })
  })

  it('sends receipts for messages given to callbacks, and none to a room without receipts', async () => {
    const { connection, newest, clock } = await started()
    const room = connection.room('chat:a', { autoAck: true })
    const stop = room.listen({})
    void room.join()
    await newest().reply('join', { ok: joinOk })
    await newest().frame(message(8))
    await clock.pass(1000)
    expect(newest().last('ack').data['offset']).toBe(8)
    await newest().reply('ack', { error: { code: 'not_available', message: 'no receipts' } })
    await newest().frame(message(9))
    await clock.pass(1000)
    expect(count(newest(), 'ack')).toBe(1)
    stop()
  })

  it('stops calling a listener that was removed', async () => {
    const { connection, newest } = await started()
    const heard: number[] = []
    const stop = connection.room('chat:a').listen({ onMessage: ({ offset }) => heard.push(offset) })
    void connection.join('chat:a')
    await newest().reply('join', { ok: joinOk })
    await newest().frame(message(8))
    stop()
    await newest().frame(message(9))
    expect(heard).toEqual([8])
  })
})
