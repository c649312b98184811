import type { HistoryData, MessageFrame, Position } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../replies/answer.js'
import type { HistoryOk } from './history-reader.js'
import type { JoinedMany } from './joined.js'
import { builtInRoomType, type RoomType } from '../room-types/room-type.js'
import { busModes } from '../testing/modes.js'
import { allRights, TestHub, type TestClient, type TestHubOptions } from '../testing/test-hub.js'

const kept = { count: 400, bytes: 1_048_576, ageMs: 600_000 }
const roomTypes: readonly RoomType[] = [
  { ...builtInRoomType, pattern: 'short:*', kind: 'recoverable', history: { ...kept, count: 3 } },
  { ...builtInRoomType, pattern: 'small:*', kind: 'recoverable', history: { ...kept, bytes: 1_000 } },
  { ...builtInRoomType, pattern: 'latest:*', kind: 'latest', history: { ...kept, count: 1 } },
  { ...builtInRoomType, pattern: 'plain:*' },
  { ...builtInRoomType, pattern: '**', kind: 'recoverable', history: kept },
]

/** What a history page answers, as a client reads it. */
interface Page {
  readonly epoch: string
  readonly offset: number
  readonly more: boolean
  readonly reason?: string
  readonly messages: readonly MessageFrame[]
}

function start(options: TestHubOptions = {}): TestHub {
  return new TestHub({ ...options, settings: { roomTypes, messageRate: 0, ...options.settings } })
}

function publish(t: TestHub, { c }: TestClient, room: string, from: number, to: number): void {
  for (let i = from; i <= to; i += 1) t.hub.publisher.publish(c, { room, data: i }, undefined)
}

function page(t: TestHub, { c }: TestClient, query: HistoryData): Page {
  const answer = t.await<Answer<HistoryOk>>((done) => t.hub.reader.history(c, query, done))
  if (answer.ok === undefined) throw new Error(answer.error.code)
  return answer.ok.toJSON() as Page
}

const offsets = (messages: readonly { readonly offset?: number }[] | undefined): (number | undefined)[] | undefined =>
  messages?.map(({ offset }) => offset)
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe.each(busModes)('resume over $mode', ({ faults }) => {
  const open = (options: TestHubOptions = {}): TestHub => start(faults === undefined ? options : { ...options, faults })

  it('[M-7] brings exactly what was missed, in order, and goes on with the next message', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const { epoch } = t.join(alice, 'r').ok ?? { epoch: '' }
    publish(t, alice, 'r', 1, 7)
    t.settle()
    const joined = t.join(bob, 'r', { epoch, offset: 3 }).ok
    expect(joined).toMatchObject({ epoch, offset: 7, recovered: true })
    const missed = joined?.recovered === true ? joined.messages : undefined
    expect(missed).toEqual(
      upTo(4, 7).map((i) => ({ event: 'message', room: 'r', offset: i, data: i, from: { user: 'alice' } })),
    )
    publish(t, alice, 'r', 8, 9)
    t.settle()
    expect(bob.socket.offsets('r')).toEqual([8, 9])
    expect(t.hub.books.recoveries.recovered).toBe(1)
    expect(t.hub.books.recoveredMessages).toBe(4)
    expect(t.hub.rooms.get('r')?.recoveries?.recovered).toBe(1)
  })

  it('[M-7] merges what arrives while it reads: nothing lost, nothing twice, at every moment of a running stream', () => {
    for (let moment = 0; moment < 25; moment += 1) {
      const t = open({ seed: moment + 1 })
      const [alice, bob] = [t.client('alice'), t.client('bob')]
      const { epoch } = t.join(alice, 'r').ok ?? { epoch: '' }
      publish(t, alice, 'r', 1, 5)
      t.settle()
      let read: readonly MessageFrame[] = []
      let next = 6
      t.hub.joiner.join(bob.c, { room: 'r', since: { epoch, offset: 2 } }, ({ ok }) => {
        expect(ok?.place.recovered).toBe(true)
        read = ok?.messages?.toJSON() ?? []
      })
      for (let step = 0; step < 30; step += 1) {
        if (step % 3 === moment % 3) publish(t, alice, 'r', next, (next += 1) - 1)
        t.clock.advance(1 + (moment % 2))
      }
      t.settle()
      expect([...(offsets(read) ?? []), ...bob.socket.offsets('r')]).toEqual(upTo(3, next - 1))
    }
  })

  it('[M-7] [M-8] says recovered only to a position of this epoch, and how much is lost where it knows', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const join = (room: string, since: Position) => {
      const ok = t.join(bob, room, since).ok
      t.leave(bob, room)
      return ok
    }
    const { epoch } = t.join(alice, 'short:r').ok ?? { epoch: '' }
    publish(t, alice, 'short:r', 1, 8)
    t.settle()
    expect(join('short:r', { epoch, offset: 5 })).toMatchObject({ recovered: true, offset: 8 })
    expect(join('short:r', { epoch, offset: 4 })).toMatchObject({ recovered: false, reason: 'trimmed', missed: 4 })
    for (const since of [
      { epoch: 'another', offset: 8 },
      { epoch, offset: 9 },
    ]) {
      const answer = join('short:r', since)
      expect(answer).toMatchObject({ recovered: false, reason: 'epoch_changed' })
      expect(answer).not.toHaveProperty('missed')
    }
    t.bus.clear('short:r')
    publish(t, alice, 'short:r', 1, 1)
    t.settle()
    expect(join('short:r', { epoch, offset: 5 })).toMatchObject({
      recovered: false,
      reason: 'epoch_changed',
      offset: 1,
    })
    expect(t.hub.books.recoveries).toMatchObject({ recovered: 1, trimmed: 1, epoch_changed: 3 })
  })

  it('[M-7] [M-8] tells expired from trimmed, and too many messages from both', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const { epoch } = t.join(alice, 'r').ok ?? { epoch: '' }
    publish(t, alice, 'r', 1, 301)
    t.settle()
    expect(t.join(bob, 'r', { epoch, offset: 0 }).ok).toMatchObject({
      recovered: false,
      reason: 'over_limit',
      missed: 301,
    })
    expect(t.join(bob, 'r', { epoch, offset: 1 }).ok).toMatchObject({ recovered: true })
    t.clock.advance(600_001)
    publish(t, alice, 'r', 302, 302)
    t.settle()
    expect(t.join(bob, 'r', { epoch, offset: 300 }).ok).toMatchObject({
      recovered: false,
      reason: 'expired',
      missed: 2,
    })
    for (let i = 0; i < 10; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: 'x'.repeat(30_000) }, undefined)
    t.settle()
    expect(t.join(bob, 'r', { epoch, offset: 302 }).ok).toMatchObject({
      recovered: false,
      reason: 'over_limit',
      missed: 10,
    })
  })

  it('[M-7] joins many rooms in one turn: each result stands before the room’s next message', () => {
    const t = open()
    const alice = t.client('alice')
    const rooms = upTo(1, 12).map((i) => `room:${i}`)
    const places = new Map(rooms.map((room) => [room, t.join(alice, room).ok?.epoch ?? '']))
    for (const room of rooms) publish(t, alice, room, 1, 6)
    t.settle()
    const bob = t.client('bob')
    const items = rooms.map((room, i) => ({ room, since: { epoch: places.get(room) ?? '', offset: i % 6 } }))
    t.hub.joiner.joinMany(bob.c, items, ({ ok }) => ok !== undefined && t.hub.replier.reply(bob.c, 5, ok))
    for (let step = 0; step < 10; step += 1) {
      for (const room of rooms) publish(t, alice, room, 7 + step, 7 + step)
      t.clock.advance(3)
    }
    t.settle()
    const reply = bob.socket.reply(5)?.['ok'] as ReturnType<JoinedMany['toJSON']>
    const results = reply.results as { room: string; ok: { offset: number; messages: MessageFrame[] } }[]
    expect(results.map(({ room }) => room)).toEqual(rooms)
    for (const [i, { room, ok }] of results.entries()) {
      expect([...(offsets(ok.messages) ?? []), ...bob.socket.offsets(room)]).toEqual(upTo((i % 6) + 1, 16))
    }
    const replyAt = bob.socket.frames.findIndex(({ id }) => id === 5)
    expect(bob.socket.frames.slice(0, replyAt).filter(({ event }) => event === 'message')).toEqual([])
  })

  it('[M-7] lets a client without the history right recover only what its session was there for', () => {
    const t = open()
    const alice = t.client('alice')
    const { epoch } = t.join(alice, 'r').ok ?? { epoch: '' }
    publish(t, alice, 'r', 1, 3)
    t.settle()
    const rights = { '**': ['join'] } as const
    const bob = t.client('bob', rights)
    expect(t.join(bob, 'r', { epoch, offset: 1 }).ok).toMatchObject({
      recovered: false,
      reason: 'not_authorized',
      missed: 2,
    })
    const session = bob.c.session ?? ''
    const comeBack = (): TestClient => {
      const again = t.open()
      t.authenticate(again, t.token('bob', rights), { session })
      return again
    }
    t.hub.closer.socketClosed(bob.c, { code: 1006, text: '', hadCloseFrame: false })
    publish(t, alice, 'r', 4, 6)
    t.settle()
    // It entered at 3: it may not have what came before, but may have what came while it was away.
    const second = comeBack()
    expect(t.join(second, 'r', { epoch, offset: 2 }).ok).toMatchObject({ recovered: false, reason: 'not_authorized' })
    expect(t.join(second, 'r', { epoch, offset: 3 }).ok).toMatchObject({ recovered: true, offset: 6 })
    publish(t, alice, 'r', 7, 7)
    t.settle()
    // Make before break: the older connection is still open, and its place counts.
    const third = comeBack()
    expect(t.join(third, 'r', { epoch, offset: 3 }).ok).toMatchObject({ recovered: true, offset: 7 })
    expect(t.join(third, 'r', { epoch, offset: 2 }).ok).toMatchObject({ reason: 'not_authorized' })
    t.join(third, 'r2')
    const fourth = comeBack()
    t.join(fourth, 'other')
    t.clock.advance(100)
    expect(third.c.isClosed).toBe(true)
    publish(t, alice, 'r2', 1, 2)
    t.settle()
    const inSecond = t.hub.rooms.get('r2')?.epoch ?? ''
    expect(t.join(fourth, 'r2', { epoch: inSecond, offset: 0 }).ok).toMatchObject({ recovered: true, offset: 2 })
    t.hub.closer.socketClosed(fourth.c, { code: 1006, text: '', hadCloseFrame: false })
    t.clock.advance(700_000)
    expect(t.join(t.client('bob', rights), 'r', { epoch, offset: 3 }).ok).toMatchObject({ reason: 'not_authorized' })
  })

  it('lets it recover all of an epoch that began while its session was there', () => {
    const t = open()
    const rights = { '**': ['join', 'publish'] } as const
    const [alice, bob] = [t.client('alice'), t.client('bob', rights)]
    publish(t, alice, 'r', 1, 3)
    t.settle()
    t.join(bob, 'r')
    t.bus.clear('r')
    publish(t, alice, 'r', 1, 4)
    t.settle()
    const epoch = t.hub.rooms.get('r')?.epoch ?? ''
    t.hub.closer.socketClosed(bob.c, { code: 1006, text: '', hadCloseFrame: false })
    const again = t.open()
    t.authenticate(again, t.token('bob', rights), { session: bob.c.session ?? '' })
    expect(t.join(again, 'r', { epoch, offset: 1 }).ok).toMatchObject({ recovered: true, offset: 4 })
    expect(t.join(t.client('eve', rights), 'r', { epoch, offset: 1 }).ok).toMatchObject({ reason: 'not_authorized' })
  })

  it('[M-5] keeps the stream while it keeps history, with nobody in the room', () => {
    const t = open()
    const alice = t.client('alice')
    const { epoch } = t.join(alice, 'r').ok ?? { epoch: '' }
    publish(t, alice, 'r', 1, 2)
    t.settle()
    t.leave(alice, 'r')
    t.clock.advance(300_000)
    expect(t.hub.rooms.has('r')).toBe(true)
    publish(t, alice, 'r', 3, 3)
    t.settle()
    expect(t.join(alice, 'r', { epoch, offset: 1 }).ok).toMatchObject({ recovered: true, offset: 3 })
    t.leave(alice, 'r')
    t.clock.advance(700_000)
    expect(t.hub.rooms.has('r')).toBe(false)
    expect(t.join(alice, 'r', { epoch, offset: 1 }).ok).toMatchObject({ recovered: false, reason: 'epoch_changed' })
  })

  it('brings nothing back to a closed room until it is open again, and all of it then', () => {
    const t = open()
    const alice = t.client('alice')
    const { epoch } = t.join(alice, 'r').ok ?? { epoch: '' }
    publish(t, alice, 'r', 1, 4)
    t.settle()
    const closed = { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null }
    t.roomStates.rooms.set('r', closed)
    t.hub.roomClosing.close('r', closed)
    expect(t.join(alice, 'r', { epoch, offset: 1 }).error?.code).toBe('room_closed')
    t.roomStates.rooms.delete('r')
    t.hub.roomClosing.reopen('r')
    expect(t.join(alice, 'r', { epoch, offset: 1 }).ok).toMatchObject({ recovered: true, offset: 4 })
  })
})

describe.each(busModes)('rooms of kind latest over $mode', ({ faults }) => {
  const open = (options: TestHubOptions = {}): TestHub => start(faults === undefined ? options : { ...options, faults })

  it('[M-8] give a joining member the newest value, whatever was missed', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    expect(t.join(alice, 'latest:r').ok).not.toHaveProperty('messages')
    publish(t, alice, 'latest:r', 1, 5)
    t.settle()
    const first = t.join(bob, 'latest:r').ok
    expect(first).toMatchObject({ offset: 5, messages: [{ offset: 5, data: 5 }] })
    expect(first).not.toHaveProperty('recovered')
    t.leave(bob, 'latest:r')
    const epoch = first?.epoch ?? ''
    expect(t.join(bob, 'latest:r', { epoch, offset: 1 }).ok).toMatchObject({
      recovered: true,
      messages: [{ offset: 5 }],
    })
    expect(t.join(bob, 'latest:r', { epoch, offset: 5 }).ok).toMatchObject({ recovered: true, messages: [] })
    expect(t.join(bob, 'latest:r', { epoch: 'gone', offset: 9 }).ok).toMatchObject({
      recovered: true,
      messages: [{ offset: 5 }],
    })
  })

  it('[M-8] tell the epoch with every value, because the one that told it first may have been dropped', () => {
    const t = open({ settings: { maxFrameBytes: 262_144 } })
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const { epoch } = t.join(bob, 'latest:r').ok ?? { epoch: '' }
    publish(t, alice, 'latest:r', 1, 2)
    t.settle()
    t.bus.clear('latest:r')
    bob.socket.freeze()
    for (const size of [40_000, 40_000, 200_000, 1]) {
      t.hub.publisher.publish(alice.c, { room: 'latest:r', data: 'x'.repeat(size) }, undefined)
      t.settle()
    }
    bob.socket.thaw()
    const read = bob.socket.of('message').map((frame) => [frame['epoch'], frame['offset']])
    expect(read.slice(0, 2)).toEqual([
      [epoch, 1],
      [epoch, 2],
    ])
    const next = t.join(alice, 'latest:r').ok
    expect(next?.epoch).not.toBe(epoch)
    expect(read.slice(2).every(([told]) => told === next?.epoch)).toBe(true)
    expect(read.at(-1)?.[1]).toBe(4)
  })

  it('[M-8] give the value that arrived while the old one was being read, once', () => {
    for (let moment = 0; moment < 12; moment += 1) {
      const t = open()
      const [alice, bob] = [t.client('alice'), t.client('bob')]
      t.join(alice, 'latest:r')
      publish(t, alice, 'latest:r', 1, 2)
      t.settle()
      let given: (number | undefined)[] = []
      t.hub.joiner.join(bob.c, { room: 'latest:r' }, ({ ok }) => (given = offsets(ok?.messages?.toJSON()) ?? []))
      t.clock.advance(moment)
      publish(t, alice, 'latest:r', 3, 3)
      t.settle()
      const seen = [...given, ...bob.socket.offsets('latest:r')]
      expect(seen.at(-1)).toBe(3)
      expect(seen.filter((offset) => offset === 3)).toHaveLength(1)
    }
  })
})

describe.each(busModes)('history over $mode', ({ faults }) => {
  const open = (): TestHub => start(faults === undefined ? {} : { faults })

  it('[M-10] pages forwards and backwards, and says whether there is more', () => {
    const t = open()
    const alice = t.client('alice')
    t.join(alice, 'r')
    publish(t, alice, 'r', 1, 250)
    t.settle()
    const oldest = page(t, alice, { room: 'r' })
    expect(offsets(oldest.messages)).toEqual(upTo(1, 100))
    expect(oldest).toMatchObject({ offset: 250, more: true })
    const { epoch } = oldest
    const next = page(t, alice, { room: 'r', since: { epoch, offset: 200 }, limit: 300 })
    expect(offsets(next.messages)).toEqual(upTo(201, 250))
    expect(next.more).toBe(false)
    const newest = page(t, alice, { room: 'r', reverse: true, limit: 3 })
    expect(offsets(newest.messages)).toEqual([250, 249, 248])
    expect(newest.more).toBe(true)
    const before = page(t, alice, { room: 'r', reverse: true, since: { epoch, offset: 3 } })
    expect(offsets(before.messages)).toEqual([2, 1])
    expect(before.more).toBe(false)
    expect(page(t, alice, { room: 'r', limit: 1_000 }).messages).toHaveLength(250)
  })

  it('[M-10] says when the page begins later than asked, or belongs to another epoch', () => {
    const t = open()
    const alice = t.client('alice')
    const { epoch } = t.join(alice, 'short:r').ok ?? { epoch: '' }
    publish(t, alice, 'short:r', 1, 8)
    t.settle()
    const cut = page(t, alice, { room: 'short:r', since: { epoch, offset: 2 } })
    expect(offsets(cut.messages)).toEqual([6, 7, 8])
    expect(cut.reason).toBe('trimmed')
    expect(page(t, alice, { room: 'short:r', since: { epoch, offset: 5 } })).not.toHaveProperty('reason')
    expect(page(t, alice, { room: 'short:r', since: { epoch: 'other', offset: 5 } })).toMatchObject({
      messages: [],
      more: false,
      reason: 'epoch_changed',
    })
  })

  it('[M-10] says backwards, too, where older messages once were, and refuses a position that never existed', () => {
    const t = open()
    const alice = t.client('alice')
    const { epoch } = t.join(alice, 'short:r').ok ?? { epoch: '' }
    publish(t, alice, 'short:r', 1, 8)
    publish(t, alice, 'r', 1, 2)
    t.settle()
    const gone = page(t, alice, { room: 'short:r', reverse: true, since: { epoch, offset: 4 } })
    expect(gone).toMatchObject({ messages: [], more: false, reason: 'trimmed' })
    expect(page(t, alice, { room: 'short:r', reverse: true, limit: 2 })).not.toHaveProperty('reason')
    expect(page(t, alice, { room: 'short:r', reverse: true })).toMatchObject({ more: false, reason: 'trimmed' })
    expect(page(t, alice, { room: 'r', reverse: true })).not.toHaveProperty('reason')
    expect(page(t, alice, { room: 'short:r', since: { epoch, offset: 9 } })).toMatchObject({
      messages: [],
      reason: 'epoch_changed',
    })
  })

  it('[M-8] [M-10] bounds a page in bytes, and a room in bytes', () => {
    const t = open()
    const alice = t.client('alice')
    for (let i = 0; i < 10; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: 'x'.repeat(60_000) }, undefined)
    for (let i = 0; i < 10; i += 1)
      t.hub.publisher.publish(alice.c, { room: 'small:r', data: 'x'.repeat(200) }, undefined)
    t.settle()
    expect(page(t, alice, { room: 'r' })).toMatchObject({ more: true, messages: { length: 4 } })
    expect(offsets(page(t, alice, { room: 'small:r' }).messages)).toEqual([9, 10])
  })

  it('[M-10] is for those with the right, in rooms that keep it', () => {
    const t = open()
    const [alice, mallory] = [t.client('alice'), t.client('mallory', { '**': ['join', 'publish'] })]
    const code = (client: TestClient, room: string): string | undefined =>
      t.await<Answer<HistoryOk>>((done) => t.hub.reader.history(client.c, { room }, done)).error?.code
    expect(code(mallory, 'r')).toBe('forbidden')
    expect(code(alice, 'plain:r')).toBe('not_available')
    expect(code(alice, 'sys:stats')).toBe('unknown_room')
    expect(code(alice, 'r')).toBeUndefined()
  })
})

describe('the memory of histories', () => {
  it('[M-9] stays within the node’s budget by trimming the fullest rooms, and counts what it trimmed', () => {
    const t = start({ historyBytes: 100_000 })
    const alice = t.client('alice')
    const { epoch } = t.join(alice, 'big').ok ?? { epoch: '' }
    publish(t, alice, 'quiet', 1, 3)
    for (let i = 0; i < 300; i += 1)
      t.hub.publisher.publish(alice.c, { room: 'big', data: 'x'.repeat(1_000) }, undefined)
    t.settle()
    const usage = t.history.usage()
    expect(usage.bytes).toBeLessThanOrEqual(100_000)
    expect(usage.bytes).toBeGreaterThan(40_000)
    expect(usage.trimmed.budget).toBe(303 - usage.messages)
    expect(page(t, alice, { room: 'quiet' }).messages).toHaveLength(3)
    expect(t.join(alice, 'big', { epoch, offset: 200 }).ok).toMatchObject({ recovered: false, reason: 'trimmed' })
  })

  it('is given back when rooms expire', () => {
    const t = start()
    const alice = t.client('alice', { '**': allRights })
    for (let i = 0; i < 50; i += 1) publish(t, alice, `r:${i}`, 1, 20)
    expect(t.history.usage()).toMatchObject({ rooms: 50, messages: 1_000 })
    t.clock.advance(700_000)
    expect(t.history.usage()).toMatchObject({ rooms: 0, messages: 0, bytes: 0, trimmed: { age: 1_000 } })
    expect(t.hub.rooms.size).toBe(0)
  })
})
