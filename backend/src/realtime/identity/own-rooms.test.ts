import type { ConnectData, ConnectOk, GivenRoom, MessageFrame, Position, Right } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../replies/answer.js'
import { builtInRoomType, type RoomType } from '../room-types/room-type.js'
import type { StreamPosition } from '../ports/bus.js'
import { busModes } from '../testing/modes.js'
import { allRights, TestHub, type TestClient, type TestHubOptions } from '../testing/test-hub.js'

const history = { count: 100, bytes: 65_536, ageMs: 600_000 }
const inbox: RoomType = { ...builtInRoomType, pattern: 'inbox:*', own: true, kind: 'recoverable', history }
const settingsOf = (...own: RoomType[]) => ({
  roomTypes: [...own, { ...builtInRoomType, pattern: '**' }],
  messageRate: 0,
})
const nothing: Record<string, readonly Right[]> = {}
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe.each(busModes)('a user’s own room over $mode', ({ faults }) => {
  const start = (options: TestHubOptions = {}): TestHub => {
    const settings = { ...settingsOf(inbox), ...options.settings }
    return new TestHub(faults === undefined ? { ...options, settings } : { ...options, settings, faults })
  }
  /** A client that says `connect` and is sent the answer. */
  function connect(t: TestHub, user: string, data: ConnectData = {}, rooms = nothing): TestClient & { ok: ConnectOk } {
    const client = t.open()
    const verdict = { ok: true, token: t.token(user, rooms) } as const
    const answer = t.await<Answer<ConnectOk>>((done) =>
      t.hub.authenticator.authenticate(client.c, verdict, data, (answered) => {
        if (answered.ok !== undefined) t.hub.replier.reply(client.c, 1, answered.ok)
        done(answered)
      }),
    )
    if (answer.ok === undefined) throw new Error('connect failed')
    return { ...client, ok: answer.ok }
  }
  const placeOf = (given: GivenRoom | undefined): Position => ({
    epoch: given?.epoch ?? '',
    offset: given?.offset ?? -1,
  })
  function publish(t: TestHub, room: string, from: number, to = from): void {
    for (let i = from; i <= to; i += 1)
      t.hub.publisher.publishFromServer(room, { data: String(i), scope: 'key:s', service: 's' }, () => {})
  }

  it('[M-13] is joined at connect, whatever the token says, and the answer tells where its stream begins', () => {
    const t = start()
    publish(t, 'inbox:alice', 1, 3)
    t.settle()
    const { ok, c, socket } = connect(t, 'alice')
    expect(ok.rooms).toEqual([
      { room: 'inbox:alice', state: { members: 1, users: 1 }, epoch: expect.any(String), offset: 3 },
    ])
    publish(t, 'inbox:alice', 4, 5)
    t.settle()
    expect(socket.offsets('inbox:alice')).toEqual([4, 5])
    expect(c.memberships.get('inbox:alice')?.grant.names()).toEqual(['join', 'history'])
    t.hub.publisher.publish(c, { room: 'inbox:alice', data: 1 }, 9)
    expect(socket.reply(9)).toMatchObject({ error: { code: 'forbidden' } })
    const bob = connect(t, 'bob', {}, { 'inbox:*': ['publish'] })
    t.hub.publisher.publish(bob.c, { room: 'inbox:alice', data: 'for alice' }, 9)
    t.settle()
    expect(socket.of('message').at(-1)).toMatchObject({ offset: 6, data: 'for alice', from: { user: 'bob' } })
    expect(t.join(bob, 'inbox:alice').error?.code).toBe('forbidden')
    expect(t.join(connect(t, 'eve', {}, { '**': allRights }), 'inbox:alice').ok?.offset).toBe(6)
  })

  it('[M-13] stands in the push of a connection authenticated by its opening', () => {
    const t = start()
    const { socket } = t.open({ token: t.token('alice', nothing) })
    t.settle()
    publish(t, 'inbox:alice', 1)
    t.settle()
    expect(socket.frames).toMatchObject([
      { event: 'connected', rooms: [{ room: 'inbox:alice', offset: 0 }] },
      { event: 'message', room: 'inbox:alice', offset: 1 },
    ])
  })

  it('[M-13] brings what was missed since the place that connect names, or join after it', () => {
    const t = start()
    const first = connect(t, 'alice')
    const { session } = first.ok
    publish(t, 'inbox:alice', 1, 2)
    t.settle()
    t.hub.closer.socketClosed(first.c, { code: 1006, text: '', hadCloseFrame: false })
    publish(t, 'inbox:alice', 3, 5)
    t.settle()
    const since = { epoch: placeOf(first.ok.rooms?.[0]).epoch, offset: 2 }
    const second = connect(t, 'alice', { session, since: { 'inbox:alice': since, 'inbox:bob': since } })
    expect(second.ok.rooms).toMatchObject([
      { room: 'inbox:alice', offset: 5, recovered: true, messages: [{ data: 3 }, { data: 4 }, { data: 5 }] },
    ])
    const third = connect(t, 'alice', { session })
    expect(third.ok.rooms?.[0]).not.toHaveProperty('recovered')
    expect(t.join(third, 'inbox:alice', since).ok).toMatchObject({ recovered: true, offset: 5 })
    expect(second.socket.of('message')).toEqual([])
    const lost = connect(t, 'alice', { since: { 'inbox:alice': { epoch: 'another', offset: 1 } } })
    expect(lost.ok.rooms).toMatchObject([{ recovered: false, reason: 'epoch_changed' }])
    expect(t.hub.books.recoveries).toMatchObject({ recovered: 2, epoch_changed: 1 })
  })

  it('loses and repeats nothing, at whatever moment of a running stream its user comes back', () => {
    for (let moment = 0; moment < 30; moment += 1) {
      const t = start({ seed: moment + 1 })
      const first = connect(t, 'alice')
      const at = placeOf(first.ok.rooms?.[0])
      publish(t, 'inbox:alice', 1, 4)
      t.settle()
      t.hub.closer.socketClosed(first.c, { code: 1006, text: '', hadCloseFrame: false })
      const { c, socket } = t.open()
      let next = 5
      const verdict = { ok: true, token: t.token('alice', nothing) } as const
      const since = { 'inbox:alice': { ...at, offset: 2 } }
      t.hub.authenticator.authenticate(c, verdict, { session: first.ok.session, since }, ({ ok }) =>
        t.hub.replier.reply(c, 1, ok),
      )
      for (let step = 0; step < 30; step += 1) {
        if (step % 3 === moment % 3) publish(t, 'inbox:alice', (next += 1) - 1)
        t.clock.advance(1 + (moment % 2))
      }
      t.settle()
      const [reply, ...later] = socket.frames
      const given = (reply?.['ok'] as ConnectOk | undefined)?.rooms?.[0]
      const read: readonly MessageFrame[] = given?.recovered === true ? (given.messages ?? []) : []
      const offsets = [...read, ...(later as unknown as MessageFrame[])].map(({ offset }) => offset)
      expect(offsets, `moment ${moment}`).toEqual(upTo(3, next - 1))
    }
  })

  it('[M-13] stays over a refresh that gives nothing, and ends with the token', () => {
    const t = start()
    const { c, socket } = connect(t, 'alice')
    t.hub.authenticator.refresh(c, { ok: true, token: t.token('alice', nothing, 60_000) }, () => {})
    publish(t, 'inbox:alice', 1)
    t.settle()
    expect(socket.offsets('inbox:alice')).toEqual([1])
    t.clock.advance(62_000)
    expect(socket.of('left')).toEqual([{ event: 'left', room: 'inbox:alice', reason: 'expired' }])
    t.hub.authenticator.refresh(c, { ok: true, token: t.token('alice', nothing) }, () => {})
    expect(t.join({ c, socket }, 'inbox:alice').ok?.offset).toBe(1)
  })

  it('may be left and joined again', () => {
    const t = start()
    const alice = connect(t, 'alice')
    expect(t.leave(alice, 'inbox:alice')).toEqual({ ok: {} })
    expect(t.join(alice, 'inbox:alice').ok).toMatchObject({ offset: 0 })
    expect(t.hub.books.joins - t.hub.books.leaves).toBe(1)
  })

  it.each(['a:b', 'ann@example.com', 'a b', '', '*', '**', 'x'.repeat(300)])(
    '[M-13] is not there for the user %j, whose name is no segment',
    (user) => {
      const t = start()
      const { ok, c } = connect(t, user)
      expect([ok.rooms, c.memberships.size]).toEqual([undefined, 0])
    },
  )

  it('is not there where the name belongs to the control room or to an earlier type', () => {
    const own = { ...inbox, pattern: '*' }
    const t = start({ settings: settingsOf({ ...builtInRoomType, pattern: 'alice' }, own) })
    expect(connect(t, 'sys').ok.rooms).toBeUndefined()
    expect(connect(t, 'alice').ok.rooms).toBeUndefined()
    expect(connect(t, 'bob').ok.rooms).toMatchObject([{ room: 'bob' }])
  })

  it('[M-13] is left out, with no error, where it is closed or full or one too many', () => {
    const given = (settings: TestHubOptions['settings'], prepare: (t: TestHub) => void = () => {}) => {
      const t = start(settings === undefined ? {} : { settings })
      prepare(t)
      return connect(t, 'alice').ok.rooms?.map(({ room }) => room)
    }
    const closed = { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null }
    const full = { ...inbox, memberLimit: 1 }
    const more = { ...inbox, pattern: 'me:*:notes' }
    expect(given({}, (t) => t.roomStates.rooms.set('inbox:alice', closed))).toBeUndefined()
    expect(given(settingsOf(full))).toEqual(['inbox:alice'])
    expect(given(settingsOf(full), (t) => connect(t, 'alice'))).toBeUndefined()
    expect(given(settingsOf(inbox, more))).toEqual(['inbox:alice', 'me:alice:notes'])
    expect(given({ ...settingsOf(inbox, more), maxRoomsPerConnection: 1 })).toEqual(['inbox:alice'])
    expect(given({ ...settingsOf(inbox, more), maxRooms: 1 })).toEqual(['inbox:alice'])
  })

  it('[M-13] is no reason to close the older connection of a session: that waits for a join', () => {
    const t = start()
    const older = connect(t, 'alice', {}, { r: ['join'] })
    const newer = connect(t, 'alice', { session: older.ok.session }, { r: ['join'] })
    t.settle()
    expect(older.c.closing).toBeNull()
    publish(t, 'inbox:alice', 1)
    t.settle()
    for (const { socket } of [older, newer]) expect(socket.offsets('inbox:alice')).toEqual([1])
    t.join(newer, 'r')
    t.settle()
    expect(t.records.of(older.c.id).reason).toBe('superseded')
  })

  it('sends only the answer to connect when connect comes before the greeting', () => {
    for (let turns = 0; turns < 60; turns += 1) {
      const t = start({ seed: turns + 1 })
      const { c, socket } = t.open({ token: t.token('alice', nothing) })
      for (let i = 0; i < turns; i += 1) t.clock.advance(1)
      const wasTold = socket.frames.length > 0
      t.hub.authenticator.authenticate(c, null, {}, ({ ok }) => t.hub.replier.reply(c, 1, ok))
      for (let i = 1; i <= 5; i += 1) {
        publish(t, 'inbox:alice', i)
        t.clock.advance(7)
      }
      t.settle()
      const told = socket.frames.findIndex(({ event }) => event === 'connected')
      expect(told, `turn ${turns}`).toBe(wasTold ? 0 : -1)
      const from = (socket.reply(1)?.['ok'] as ConnectOk | undefined)?.rooms?.[0]?.offset ?? -1
      const live = socket.offsets('inbox:alice')
      expect(live).toEqual(upTo(wasTold ? 1 : from + 1, 5))
      expect(c.memberships.size).toBe(1)
      expect(c.joinsInFlight).toBe(0)
    }
  })

  it('releases a room whose connection closes meanwhile', () => {
    const t = start()
    const { c } = t.open({ token: t.token('alice', nothing) })
    t.hub.closer.socketClosed(c, { code: 1006, text: '', hadCloseFrame: false })
    t.settle()
    t.clock.advance(130_000)
    expect([t.hub.rooms.size, t.hub.books.joins - t.hub.books.leaves]).toEqual([0, 0])
  })
})

describe('a user’s own room that the bus does not subscribe', () => {
  it('[M-13] delays connect by two seconds and no longer, and is not joined later', () => {
    const t = new TestHub({ settings: settingsOf(inbox, { ...inbox, pattern: 'me:*' }) })
    const held: (() => void)[] = []
    const subscribe = t.bus.subscribe.bind(t.bus)
    t.bus.subscribe = (room: string, done: (position: StreamPosition | null) => void) => {
      if (room.startsWith('inbox')) held.push(() => subscribe(room, done))
      else subscribe(room, done)
    }
    const { c, socket } = t.open()
    const verdict = { ok: true, token: t.token('alice', nothing) } as const
    t.hub.authenticator.authenticate(c, verdict, {}, ({ ok }) => t.hub.replier.reply(c, 1, ok))
    t.clock.advance(1_900)
    expect(socket.frames).toEqual([])
    t.clock.advance(200)
    expect(socket.reply(1)).toMatchObject({ ok: { rooms: [{ room: 'me:alice' }] } })
    for (const complete of held) complete()
    t.settle()
    expect([...c.memberships.keys()]).toEqual(['me:alice'])
    expect([c.joinsInFlight, t.hub.rooms.get('inbox:alice')?.phase]).toEqual([0, 'idle'])
    expect(t.join({ c, socket }, 'me:alice').ok).toBeDefined()
  })

  it('is left out at once where the bus fails', () => {
    const t = new TestHub({ settings: settingsOf(inbox) })
    t.bus.subscribe = (_: string, done: (position: StreamPosition | null) => void) => done(null)
    const client = t.open()
    const { ok } = t.authenticate(client, t.token('alice', nothing))
    expect([ok?.rooms, client.c.memberships.size]).toEqual([undefined, 0])
  })
})
