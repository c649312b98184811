import { describe, expect, it } from 'vitest'
import { builtInRoomType } from './room-types/room-type.js'
import { busModes } from './testing/modes.js'
import { TestHub, type TestHubOptions } from './testing/test-hub.js'

describe.each(busModes)('rooms over $mode', ({ faults }) => {
  const start = (options: TestHubOptions = {}): TestHub =>
    new TestHub(faults === undefined ? options : { ...options, faults })

  it('[M-2] [M-3] sends a message to every member, its publisher too, and the reply after it', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'chat:lobby')
    t.join(bob, 'chat:lobby')
    t.hub.publisher.publish(alice.c, { room: 'chat:lobby', data: { text: 'hi' } }, 7)
    t.settle()
    const message = { event: 'message', room: 'chat:lobby', offset: 1, data: { text: 'hi' }, from: { user: 'alice' } }
    expect(bob.socket.of('message')).toEqual([expect.objectContaining(message)])
    expect(alice.socket.of('message')).toEqual([expect.objectContaining(message)])
    expect(alice.socket.frames.at(-1)).toEqual({ id: 7, ok: { offset: 1 } })
  })

  it('[M-1] numbers the messages of a room in one order that all members see', () => {
    const t = start()
    const clients = [t.client('a'), t.client('b'), t.client('c')]
    for (const client of clients) t.join(client, 'r')
    for (let i = 0; i < 30; i += 1) t.hub.publisher.publish(clients[i % 3]!.c, { room: 'r', data: i }, i + 1)
    t.settle()
    const seen = clients.map(({ socket }) => socket.of('message').map(({ offset, data }) => [offset, data]))
    expect(seen[0]).toHaveLength(30)
    expect(seen[0]?.map(([offset]) => offset)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]).toEqual(seen[0])
  })

  it('[M-1] applies the publishes of one connection to one room in send order', () => {
    const t = start()
    const alice = t.client()
    t.join(alice, 'r')
    for (let i = 1; i <= 20; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: i }, i)
    t.settle()
    expect(alice.socket.of('message').map(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(
      alice.socket.frames
        .filter(({ id }) => id !== undefined)
        .map(({ id }) => id)
        .slice(-20),
    ).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  it('[M-2] gives a member as first live message the one after its join offset', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'r')
    for (let i = 1; i <= 5; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: i }, undefined)
    const joined = t.join(bob, 'r')
    for (let i = 6; i <= 8; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: i }, undefined)
    t.settle()
    expect(bob.socket.offsets('r')[0]).toBe((joined.ok?.offset ?? 0) + 1)
    expect(bob.socket.offsets('r').at(-1)).toBe(8)
    expect(alice.socket.offsets('r')).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('sends a leaving member what the room had taken, then nothing', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'r')
    t.join(bob, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.settle()
    expect(t.leave(bob, 'r')).toEqual({ ok: {} })
    t.hub.publisher.publish(alice.c, { room: 'r', data: 2 }, undefined)
    t.settle()
    expect(bob.socket.offsets('r')).toEqual([1])
    expect(alice.socket.offsets('r')).toEqual([1, 2])
    expect(t.leave(bob, 'r').error?.code).toBe('not_member')
  })

  it('[M-2] answers a second join with the current offset, after the messages before it', () => {
    const t = start()
    const alice = t.client()
    t.join(alice, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.settle()
    const again = t.join(alice, 'r')
    expect(again.ok?.offset).toBe(1)
    expect(alice.socket.offsets('r')).toEqual([1])
    expect(t.hub.rooms.get('r')?.memberCount).toBe(1)
  })

  it('[M-4] answers the same key with the same offset, and other data with key_conflict', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(bob, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 'x', key: 'k' }, 1)
    t.hub.publisher.publish(alice.c, { room: 'r', data: 'x', key: 'k' }, 2)
    t.hub.publisher.publish(alice.c, { room: 'r', data: 'y', key: 'k' }, 3)
    t.hub.publisher.publish(bob.c, { room: 'r', data: 'y', key: 'k' }, 4)
    t.settle()
    expect(alice.socket.reply(1)).toEqual({ id: 1, ok: { offset: 1 } })
    expect(alice.socket.reply(2)).toEqual({ id: 2, ok: { offset: 1 } })
    expect(alice.socket.reply(3)).toMatchObject({ error: { code: 'key_conflict' } })
    expect(bob.socket.reply(4)).toEqual({ id: 4, ok: { offset: 2 } })
    expect(bob.socket.offsets('r')).toEqual([1, 2])
  })

  it('[M-7] [M-8] knows without history only that nothing was missed, or how much was', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const epoch = t.join(alice, 'r').ok?.epoch ?? ''
    for (let i = 1; i <= 4; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: i }, undefined)
    t.settle()
    expect(t.join(bob, 'r', { epoch, offset: 4 }).ok).toMatchObject({ offset: 4, recovered: true, messages: [] })
    t.leave(bob, 'r')
    expect(t.join(bob, 'r', { epoch, offset: 1 }).ok).toMatchObject({
      recovered: false,
      reason: 'history_off',
      missed: 3,
    })
    t.leave(bob, 'r')
    const other = t.join(bob, 'r', { epoch: 'other', offset: 1 }).ok
    expect(other).toMatchObject({ recovered: false, reason: 'epoch_changed' })
    expect(other).not.toHaveProperty('missed')
    t.leave(bob, 'r')
    const ahead = t.join(bob, 'r', { epoch, offset: 9 }).ok
    expect(ahead).toMatchObject({ recovered: false, reason: 'epoch_changed' })
    expect(ahead).not.toHaveProperty('missed')
  })

  it('[M-5] keeps epoch and offset of an empty room for 60 s, then starts a new epoch', () => {
    const t = start()
    const alice = t.client()
    const first = t.join(alice, 'r').ok
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.settle()
    t.leave(alice, 'r')
    t.clock.advance(50_000)
    expect(t.join(alice, 'r').ok).toMatchObject({ epoch: first?.epoch, offset: 1 })
    t.leave(alice, 'r')
    t.clock.advance(70_000)
    expect(t.hub.rooms.has('r')).toBe(false)
    const later = t.join(alice, 'r').ok
    expect(later?.epoch).not.toBe(first?.epoch)
    expect(later?.offset).toBe(0)
  })

  it('names the epoch on its first message only', () => {
    const t = start()
    const alice = t.client()
    const { epoch } = t.join(alice, 'r').ok ?? {}
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.hub.publisher.publish(alice.c, { room: 'r', data: 2 }, undefined)
    t.settle()
    t.bus.clear('r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 3 }, 9)
    t.settle()
    const told = alice.socket.of('message').map((frame) => frame['epoch'])
    expect(told[0]).toBe(epoch)
    expect(told[1]).toBeUndefined()
    expect(told[2]).toEqual(expect.any(String))
    expect(told[2]).not.toBe(epoch)
    expect(alice.socket.frames.at(-1)).toEqual({ id: 9, ok: { offset: 1 } })
  })

  it('[M-3] publishes without joining, and stores the grant that allowed it', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(bob, 'r')
    expect(alice.c.grantIn('r')).toBeUndefined()
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, 1)
    t.settle()
    expect(alice.socket.reply(1)).toEqual({ id: 1, ok: { offset: 1 } })
    expect(alice.c.grantIn('r')?.allows('publish')).toBe(true)
    expect(bob.socket.offsets('r')).toEqual([1])
    const carol = t.client('carol', { '**': ['join'] })
    t.join(carol, 'r')
    t.hub.publisher.publish(carol.c, { room: 'r', data: 1 }, 1)
    expect(carol.socket.reply(1)).toMatchObject({ error: { code: 'forbidden' } })
  })

  it('[R-3] [R-5] [L-5] refuses with the documented codes', () => {
    const t = start({
      settings: {
        maxRoomsPerConnection: 2,
        roomTypes: [
          { ...builtInRoomType, pattern: 'small:*', memberLimit: 1 },
          { ...builtInRoomType, pattern: 'chat:*' },
        ],
      },
    })
    const alice = t.client('alice', { 'chat:*': ['join'], 'small:*': ['join', 'publish'], 'sys:**': ['join'] })
    const bob = t.client('bob')
    t.roomStates.rooms.set('chat:shut', { reason: 'spam', message: null, by: 'op', at: 0, reopensAt: null })
    t.join(bob, 'small:one')
    expect(t.join(alice, 'nowhere').error?.code).toBe('unknown_room')
    expect(t.join(alice, 'sys:stats').error?.code).toBe('unknown_room')
    expect(t.join(alice, 'small:one').error?.code).toBe('room_full')
    expect(t.join(alice, 'chat:shut').error?.code).toBe('room_closed')
    t.hub.publisher.publish(alice.c, { room: 'chat:a', data: 1 }, 1)
    t.hub.publisher.publish(alice.c, { room: 'nowhere', data: 1 }, 2)
    expect(alice.socket.reply(1)).toMatchObject({ error: { code: 'forbidden' } })
    expect(alice.socket.reply(2)).toMatchObject({ error: { code: 'unknown_room' } })
    t.join(alice, 'chat:a')
    t.join(alice, 'chat:b')
    expect(t.join(alice, 'chat:c').error?.code).toBe('too_many_rooms')
    expect([...alice.c.memberships.keys()]).toEqual(['chat:a', 'chat:b'])
    expect(t.hub.rooms.has('nowhere')).toBe(false)
  })

  it('[L-5] does not count a rejoin as another room', () => {
    const t = start({ settings: { maxRoomsPerConnection: 5 } })
    const alice = t.client()
    for (const room of ['a', 'b', 'c', 'd']) t.join(alice, room)
    const codes: (string | undefined)[] = []
    const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((room) => ({ room }))
    t.hub.joiner.joinMany(alice.c, items, ({ ok }) =>
      codes.push(...(ok?.results ?? []).map(({ error }) => error?.code)),
    )
    t.settle()
    expect(codes).toEqual([undefined, undefined, undefined, undefined, undefined, 'too_many_rooms'])
    expect(alice.c.memberships.size).toBe(5)
  })

  it('[L-5] keeps member limits when several joins are under way', () => {
    const t = start({ settings: { roomTypes: [{ ...builtInRoomType, memberLimit: 2 }] } })
    const clients = ['a', 'b', 'c', 'd'].map((user) => t.client(user))
    const answers: (string | undefined)[] = []
    for (const { c } of clients) t.hub.joiner.join(c, { room: 'r' }, (answer) => answers.push(answer.error?.code))
    t.settle()
    expect(answers.filter((code) => code === 'room_full')).toHaveLength(2)
    expect(t.hub.rooms.get('r')?.memberCount).toBe(2)
  })

  it('[M-6] closes a room: takes its members out, refuses joins and publishes, keeps its stream', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const { epoch } = t.join(alice, 'r').ok ?? {}
    t.join(bob, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.settle()
    const closed = { reason: 'spam', message: 'Back soon', by: 'op', at: t.clock.wallMs(), reopensAt: null }
    t.roomStates.rooms.set('r', closed)
    t.hub.roomClosing.close('r', closed)
    t.settle()
    for (const { c, socket } of [alice, bob]) {
      expect(socket.frames.at(-1)).toEqual({ event: 'roomClosed', room: 'r', reason: 'spam', message: 'Back soon' })
      expect(c.memberships.size).toBe(0)
      expect(c.state).toBe('open')
    }
    expect(t.join(alice, 'r').error?.code).toBe('room_closed')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 2 }, 5)
    expect(alice.socket.reply(5)).toMatchObject({ error: { code: 'room_closed' } })
    t.clock.advance(300_000)
    t.roomStates.rooms.delete('r')
    t.hub.roomClosing.reopen('r')
    expect(t.join(alice, 'r').ok).toMatchObject({ epoch, offset: 1 })
  })

  it('leaves nothing behind when members end while their joins are under way', () => {
    const t = start()
    const alice = t.client()
    const codes: (string | undefined)[] = []
    t.hub.joiner.join(alice.c, { room: 'r' }, (answer) => codes.push(answer.error?.code))
    t.hub.closer.socketClosed(alice.c, { code: 1006, text: '', hadCloseFrame: false })
    t.settle()
    expect(codes).toHaveLength(1)
    expect(t.hub.levels()).toMatchObject({ open: 0, memberships: 0, users: 0 })
    expect(t.hub.rooms.get('r')?.memberCount ?? 0).toBe(0)
    t.clock.advance(70_000)
    expect(t.hub.rooms.size).toBe(0)
    expect(t.bus['streams'].count).toBe(0)
  })

  it('[M-14] refuses a payload that does not fit with the path of its first fault, numbers nothing and never closes', () => {
    const payloadFault = (payload: unknown) =>
      typeof payload === 'string' ? undefined : { path: '/text', message: 'must be string' }
    const t = start({ settings: { roomTypes: [{ ...builtInRoomType, payloadFault }] } })
    const alice = t.client()
    t.join(alice, 'r')
    for (let id = 1; id <= 30; id += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: { text: 'secret' } }, id)
    t.hub.publisher.publish(alice.c, { room: 'r', data: 7 }, undefined)
    t.hub.publisher.publish(alice.c, { room: 'r', data: 'fits' }, 31)
    t.settle()
    const message = 'the payload does not fit at /text: must be string'
    expect(alice.socket.reply(30)).toMatchObject({ error: { code: 'bad_request', message } })
    expect(alice.socket.of('error')).toMatchObject([{ code: 'bad_request', message, count: 1 }])
    expect(alice.socket.reply(31)).toMatchObject({ ok: { offset: 1 } })
    expect(alice.socket.of('message').map(({ data }) => data)).toEqual(['fits'])
    expect([alice.c.closing, alice.c.health.errors, t.hub.books.errorsByCode.bad_request]).toEqual([null, 31, 31])
  })

  it('publishes for a service under its own name', () => {
    const t = start()
    const alice = t.client()
    t.join(alice, 'r')
    const outcome = t.await((done) =>
      t.hub.publisher.publishFromServer('r', { data: '{"n":1}', scope: 'key:1', service: 'billing' }, done),
    )
    t.settle()
    expect(outcome).toMatchObject({ ok: true, offset: 1, members: 1 })
    expect(alice.socket.of('message')[0]).toMatchObject({ data: { n: 1 }, from: { service: 'billing' } })
    expect(
      t.await((done) => t.hub.publisher.publishFromServer('sys:x', { data: '1', scope: 's', service: 's' }, done)),
    ).toMatchObject({
      ok: false,
      error: 'unknown_room',
    })
  })
})

describe('rooms over a bus that fails', () => {
  it('answers every request exactly once and keeps the order of what was taken', () => {
    const t = new TestHub({ faults: { late: true, reorder: true, errors: true }, seed: 5 })
    const alice = t.client()
    for (let tries = 0; tries < 20 && alice.c.memberships.size === 0; tries += 1) t.join(alice, 'r')
    for (let i = 1; i <= 100; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: i }, i)
    t.clock.advance(5_000)
    const replies = alice.socket.frames.filter(({ id }) => id !== undefined)
    expect(replies.map(({ id }) => id).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    )
    const codes = new Set(replies.map((reply) => (reply['error'] as { code: string } | undefined)?.code))
    expect(codes).toEqual(new Set([undefined, 'unknown_outcome', 'unavailable']))
    const offsets = alice.socket.offsets('r')
    expect(offsets).toEqual(offsets.map((_, i) => i + 1))
  })
})
