import type { HistoryData } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../replies/answer.js'
import type { HistoryOk } from './history-reader.js'
import { builtInRoomType, type RoomType } from '../room-types/room-type.js'
import type { JoinedMany } from './joined.js'
import type { ClearedStream } from './room-streams.js'
import { busModes } from '../testing/modes.js'
import { TestHub, type TestClient } from '../testing/test-hub.js'

const roomTypes: readonly RoomType[] = [
  { ...builtInRoomType, pattern: 'plain:*' },
  { ...builtInRoomType, pattern: '**', kind: 'recoverable', history: { count: 400, bytes: 1_048_576, ageMs: 600_000 } },
]

describe.each(busModes)('a room’s stream, for operators and services, over $mode', ({ faults }) => {
  const start = (): TestHub => {
    const settings = { roomTypes, messageRate: 0 }
    return new TestHub(faults === undefined ? { settings } : { settings, faults })
  }
  const publish = (t: TestHub, { c }: TestClient, room: string, from: number, to: number): void => {
    for (let i = from; i <= to; i += 1) t.hub.publisher.publish(c, { room, data: i }, undefined)
  }
  const clear = (t: TestHub, room: string) => t.await<Answer<ClearedStream>>((done) => t.hub.streams.clear(room, done))

  it('can be read from outside the room, also when it is empty', () => {
    const t = start()
    publish(t, t.client(), 'r', 1, 5)
    t.settle()
    const read = (room: string) =>
      t.await<Answer<HistoryOk>>((done) => t.hub.reader.historyForServer({ room, limit: 2 }, done))
    expect(read('r').ok?.toJSON()).toMatchObject({ offset: 5, more: true, messages: [{ data: 1 }, { data: 2 }] })
    expect(read('plain:r').error?.code).toBe('not_available')
    expect(read('sys:stats').error?.code).toBe('unknown_room')
  })

  it('[M-5] starts over when it is cleared: members stay, learn of it by the next message, and lose nothing', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const former = t.join(alice, 'r').ok?.epoch ?? ''
    publish(t, alice, 'r', 1, 4)
    const { ok } = clear(t, 'r')
    expect(ok).toMatchObject({ messages: 4 })
    expect(ok?.epoch).not.toBe(former)
    publish(t, alice, 'r', 5, 6)
    t.settle()
    const seen = alice.socket.of('message').map(({ offset, data, epoch }) => [offset, data, epoch])
    expect(seen).toEqual([
      [1, 1, former],
      [2, 2, undefined],
      [3, 3, undefined],
      [4, 4, undefined],
      [1, 5, ok?.epoch],
      [2, 6, undefined],
    ])
    expect(t.join(bob, 'r', { epoch: former, offset: 3 }).ok).toMatchObject({
      epoch: ok?.epoch,
      offset: 2,
      recovered: false,
      reason: 'epoch_changed',
    })
  })

  it('[M-5] tells a member that joins before the next message of the new epoch', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const former = t.join(alice, 'r').ok?.epoch ?? ''
    publish(t, alice, 'r', 1, 4)
    t.settle()
    const epoch = clear(t, 'r').ok?.epoch
    for (const offset of [2, 4]) {
      const answer = t.join(bob, 'r', { epoch: former, offset }).ok
      expect(answer).toMatchObject({ epoch, offset: 0, recovered: false, reason: 'epoch_changed' })
    }
    publish(t, alice, 'r', 5, 5)
    t.settle()
    expect(bob.socket.of('message')).toMatchObject([{ offset: 1, epoch, data: 5 }])
    expect(t.join(bob, 'r', { epoch: epoch ?? '', offset: 0 }).ok).toMatchObject({ recovered: true, offset: 1 })
  })

  it('is recovered by a session that was there when it was cleared, without the right history', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob', { '**': ['join'] })]
    t.join(bob, 'r')
    publish(t, alice, 'r', 1, 2)
    t.settle()
    const epoch = clear(t, 'r').ok?.epoch ?? ''
    publish(t, alice, 'r', 3, 5)
    t.settle()
    expect(t.join(bob, 'r', { epoch, offset: 1 }).ok).toMatchObject({ recovered: true, offset: 3 })
  })

  it('is cleared while the room is empty, and is then forgotten like one without history', () => {
    const t = start()
    publish(t, t.client(), 'r', 1, 3)
    t.settle()
    const { epoch } = clear(t, 'r').ok ?? {}
    expect(t.join(t.client('bob'), 'r').ok).toMatchObject({ epoch, offset: 0 })
    for (const { c } of [...t.hub.connections.values()].map((c) => ({ c }))) t.hub.closer.disconnect(c, 'kicked', {})
    t.clock.advance(130_000)
    expect(t.hub.rooms.has('r')).toBe(false)
    expect(clear(t, 'sys:stats').error?.code).toBe('unknown_room')
    expect(clear(t, 'plain:r').ok).toMatchObject({ before: null, messages: 0 })
  })

  it('answers every publish under way when it is cleared, and each in the epoch it went to', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const settings = { roomTypes, messageRate: 0 }
      const t = new TestHub(faults === undefined ? { settings, seed } : { settings, seed, faults })
      const [alice, bob] = [t.client('alice'), t.client('bob')]
      t.join(alice, 'r')
      t.join(bob, 'r')
      for (let i = 1; i <= 10; i += 1) {
        t.hub.publisher.publish(alice.c, { room: 'r', data: i }, i)
        if (i === 4 || i === 7) t.hub.streams.clear('r', () => {})
        if (i % 3 === seed % 3) t.clock.advance(1)
      }
      t.settle()
      const offsets = Array.from({ length: 10 }, (_, i) => alice.socket.reply(i + 1)?.['ok'])
      expect(offsets).toEqual([1, 2, 3, 4, 1, 2, 3, 1, 2, 3].map((offset) => ({ offset })))
      for (const { socket } of [alice, bob]) expect(socket.offsets('r')).toEqual([1, 2, 3, 4, 1, 2, 3, 1, 2, 3])
      // A reply stands behind its message.
      const order = alice.socket.frames.filter(({ event, id }) => event === 'message' || id !== undefined)
      const last = order.findIndex(({ id }) => id === 10)
      expect(order.slice(0, last).filter(({ event }) => event === 'message')).toHaveLength(10)
    }
  })
})

describe.each(busModes)('what a position gives over $mode', ({ faults }) => {
  const start = (): TestHub => {
    const settings = { roomTypes, messageRate: 0, maxFrameBytes: 400_000 }
    return new TestHub(faults === undefined ? { settings } : { settings, faults })
  }
  const publish = (t: TestHub, { c }: TestClient, room: string, ...payloads: unknown[]): void => {
    for (const data of payloads) t.hub.publisher.publish(c, { room, data }, undefined)
    t.settle()
  }
  const page = (t: TestHub, { c }: TestClient, query: HistoryData) =>
    t.await<Answer<HistoryOk>>((done) => t.hub.reader.history(c, query, done)).ok?.toJSON()

  it('[M-7] ends with the stay of a session in the room, where the token does not give history', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob', { '**': ['join'] })]
    const { epoch = '', offset = -1 } = t.join(bob, 'r').ok ?? {}
    publish(t, alice, 'r', 1, 2)
    expect(t.join(bob, 'r', { epoch, offset }).ok).toMatchObject({ recovered: true, messages: [{}, {}] })
    t.leave(bob, 'r')
    expect(t.join(bob, 'r', { epoch, offset }).ok).toMatchObject({
      recovered: false,
      reason: 'not_authorized',
      missed: 2,
    })
  })

  it('[M-7] is over_limit for the rooms with which one reply would bring more than 768 KiB', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const rooms = ['a', 'b', 'c', 'd', 'e']
    const items = rooms.map((room) => ({ room, since: { epoch: t.join(alice, room).ok?.epoch ?? '', offset: 0 } }))
    for (const room of rooms) publish(t, alice, room, room === 'e' ? 'small' : 'x'.repeat(200_000))
    const answer = t.await<Answer<JoinedMany>>((done) => t.hub.joiner.joinMany(bob.c, items, done))
    const results = answer.ok?.results.map(({ ok }) => ok?.place.reason ?? ok?.place.recovered)
    expect(results).toEqual([true, true, true, 'over_limit', true])
    expect(t.join(bob, 'd', items[3]?.since).ok).toMatchObject({ recovered: true })
  })

  it('[M-7] is bus_unavailable where the history does not answer', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const { epoch = '' } = t.join(alice, 'r').ok ?? {}
    publish(t, alice, 'r', 1, 2, 3)
    t.history.read = (_room, _query, done) => done(null)
    const lost = { recovered: false, reason: 'bus_unavailable', missed: 2, offset: 3 }
    expect(t.join(bob, 'r', { epoch, offset: 1 }).ok).toMatchObject(lost)
  })

  it('[M-10] is 300 messages of the history at most, and one of any size at least', () => {
    const t = start()
    const alice = t.client('alice')
    publish(t, alice, 'many', ...Array.from({ length: 301 }, (_, i) => i))
    publish(t, alice, 'large', 'x'.repeat(300_000), 'y')
    const many = page(t, alice, { room: 'many', limit: 1_000 }) as { messages: unknown[]; more: boolean }
    expect([many.messages.length, many.more]).toEqual([300, true])
    expect(page(t, alice, { room: 'large' })).toMatchObject({ more: true, messages: [{ offset: 1 }] })
  })

  it('[M-10] says expired where age took the messages', () => {
    const t = start()
    const alice = t.client('alice')
    const { epoch = '' } = t.join(alice, 'r').ok ?? {}
    publish(t, alice, 'r', 1, 2)
    t.clock.advance(600_001)
    publish(t, alice, 'r', 3)
    const late = { messages: [{ offset: 3 }], more: false, reason: 'expired' }
    expect(page(t, alice, { room: 'r', since: { epoch, offset: 1 } })).toMatchObject(late)
    expect(page(t, alice, { room: 'r', reverse: true })).toMatchObject(late)
    expect(page(t, alice, { room: 'r', since: { epoch, offset: 2 } })).not.toHaveProperty('reason')
  })
})
