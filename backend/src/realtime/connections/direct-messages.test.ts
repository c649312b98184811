import { describe, expect, it } from 'vitest'
import { FakeSocket } from '../testing/fake-socket.js'
import { busModes } from '../testing/modes.js'
import { TestHub } from '../testing/test-hub.js'

const message = (data: unknown) => ({ data: JSON.stringify(data), service: 'billing' })
const push = (data: unknown) => ({ event: 'message', data, from: { service: 'billing' } })

describe.each(busModes)('messages outside rooms over $mode', ({ faults }) => {
  const start = (): TestHub => new TestHub(faults === undefined ? {} : { faults })

  it('[M-12] reach all connections of a user and nobody else, without room and offset', () => {
    const t = start()
    const [one, two, other] = [t.client('alice'), t.client('alice'), t.client('bob')]
    expect(t.hub.direct.toUser('alice', message({ n: 1 }))).toBe(2)
    for (const { socket } of [one, two]) expect(socket.frames.at(-1)).toEqual(push({ n: 1 }))
    expect(other.socket.of('message')).toEqual([])
    expect(t.hub.direct.toUser('carol', message(1))).toBe(0)
  })

  it('[M-12] reach one connection, and say whether it is open and takes messages', () => {
    const t = start()
    const [one, two, stranger] = [t.client('alice'), t.client('alice'), t.open()]
    expect(t.hub.direct.toConnection(one.c.id, message('x'))).toBe(1)
    expect(one.socket.of('message')).toEqual([push('x')])
    expect(two.socket.of('message')).toEqual([])
    expect(t.hub.direct.toConnection(stranger.c.id, message('x'))).toBe(0)
    t.hub.closer.disconnect(two.c, 'kicked', {})
    expect([0, undefined]).toContain(t.hub.direct.toConnection(two.c.id, message('x')))
    expect(t.hub.direct.toConnection('nobody', message('x'))).toBeUndefined()
    expect(stranger.socket.frames).toEqual([])
  })

  it('[M-12] never come before the answer to connect', () => {
    const t = start()
    const { c, socket } = t.open()
    t.hub.authenticator.authenticate(c, { ok: true, token: t.token('alice') }, {}, ({ ok }) =>
      t.hub.replier.reply(c, 1, ok),
    )
    const before = t.hub.direct.toUser('alice', message(1))
    t.settle()
    expect(before).toBe(t.isLate ? 0 : 1)
    expect(t.hub.direct.toUser('alice', message(2))).toBe(1)
    expect(socket.frames[0]).toMatchObject({ id: 1 })
    const opened = t.open({ token: t.token('bob') })
    t.hub.direct.toUser('bob', message(3))
    t.settle()
    t.hub.direct.toUser('bob', message(4))
    expect(opened.socket.frames[0]).toMatchObject({ event: 'connected' })
    expect(opened.socket.of('message').at(-1)).toEqual(push(4))
  })

  it('[M-12] reach only the newer of a session’s two connections', () => {
    const t = start()
    const older = t.client('alice')
    const newer = t.open()
    const { session } = older.c
    t.authenticate(newer, t.token('alice'), session === null ? {} : { session })
    expect(t.hub.direct.toUser('alice', message(1))).toBe(1)
    expect(older.socket.of('message')).toEqual([])
    expect(newer.socket.of('message')).toEqual([push(1)])
    t.hub.closer.socketClosed(newer.c, { code: 1006, text: '', hadCloseFrame: false })
    t.settle()
    expect(t.hub.direct.toUser('alice', message(2))).toBe(1)
    expect(older.socket.of('message')).toEqual([push(2)])
  })

  it('[U-3] are a delivery each, and every one of them is written, queued or discarded', () => {
    const t = start()
    const [reader, sleeper] = [t.client('alice'), t.client('alice', undefined, new FakeSocket(true))]
    sleeper.socket.freeze()
    for (let i = 0; i < 10; i += 1) t.hub.direct.toUser('alice', message('x'.repeat(10_000)))
    const { deliveries, bytes } = t.hub.books.snapshot()
    expect(deliveries).toMatchObject({ enqueued: 20, written: 10, dropped: 0, discarded: 0, queued: 10 })
    expect(bytes.enqueued).toBe(bytes.written + bytes.queued)
    t.hub.closer.socketClosed(sleeper.c, { code: 1006, text: '', hadCloseFrame: false })
    expect(t.hub.books.snapshot().deliveries).toMatchObject({ enqueued: 20, written: 10, discarded: 10, queued: 0 })
    expect(reader.c.outbox.writtenDeliveries).toBe(10)
    expect(t.hub.books.published).toBe(0)
  })

  it('[M-12] end a connection that does not read them, because none may be dropped', () => {
    const t = start()
    const { c, socket } = t.client('alice')
    socket.freeze()
    for (let i = 0; i < 130; i += 1) t.hub.direct.toUser('alice', message('x'.repeat(10_000)))
    t.clock.advance(1)
    expect(c.closing?.reason ?? t.records.closes[0]?.reason).toBe('slow_consumer_bytes')
  })
})
