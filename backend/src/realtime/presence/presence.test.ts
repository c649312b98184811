import type { PresenceOk, Right, UserInfo } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../replies/answer.js'
import { builtInRoomType, type RoomType } from '../room-types/room-type.js'
import { FakeSocket } from '../testing/fake-socket.js'
import type { ManualClock } from '../testing/manual-clock.js'
import { busModes } from '../testing/modes.js'
import { allRights, TestHub, type TestClient, type TestHubOptions } from '../testing/test-hub.js'

const roomTypes: readonly RoomType[] = [
  { ...builtInRoomType, pattern: 'asked:*' },
  { ...builtInRoomType, pattern: 'none:*', presence: 'none' },
  { ...builtInRoomType, pattern: '**', presence: 'pushed' },
]

function start(options: TestHubOptions = {}): TestHub {
  return new TestHub({ ...options, settings: { roomTypes, messageRate: 0, ...options.settings } })
}

function clientWith(t: TestHub, user: string, info: UserInfo, rooms?: Record<string, readonly Right[]>): TestClient {
  const client = t.open()
  t.authenticate(client, { ...t.token(user, rooms), info })
  return client
}

const ask = (t: TestHub, { c }: TestClient, room: string): Answer<PresenceOk> => t.hub.reader.presence(c, room)

/** A socket whose every write costs time, as real ones do. */
class CostlySocket extends FakeSocket {
  costMs = 0
  onWrite: () => void = () => {}

  constructor(private readonly clock: ManualClock) {
    super()
  }

  override write(...write: Parameters<FakeSocket['write']>): boolean {
    this.clock.stall(this.costMs)
    const isTaken = super.write(...write)
    this.onWrite()
    return isTaken
  }
}

/** Joins all of them at the same moment, however long the bus takes. */
function joinAll(t: TestHub, clients: readonly TestClient[], room: string): void {
  for (const { c } of clients) t.hub.joiner.join(c, { room }, ({ error }) => expect(error).toBeUndefined())
  t.settle()
}

/** The presence pushes that a client was sent since it was last looked at. */
function pushes({ socket }: TestClient): unknown[] {
  const told = socket.of('presence').map(({ event, ...push }) => (event === 'presence' ? push : null))
  socket.frames.length = 0
  return told
}

describe.each(busModes)('presence over $mode', ({ faults }) => {
  const open = (options: TestHubOptions = {}): TestHub => start(faults === undefined ? options : { ...options, faults })

  it('[M-7] [P-1] shows who is in a room, with how many connections and what their tokens say, to those who may know', () => {
    const t = open()
    const alice = clientWith(t, 'alice', { name: 'Alice' })
    const mallory = t.client('mallory', { '**': ['join'] })
    for (const client of [alice, mallory, clientWith(t, 'alice', { name: 'Alice' })]) t.join(client, 'asked:r')
    expect(ask(t, alice, 'asked:r')).toEqual({
      ok: {
        members: [
          { user: 'alice', info: { name: 'Alice' }, connections: 2 },
          { user: 'mallory', connections: 1 },
        ],
        count: 3,
        users: 2,
      },
    })
    expect(ask(t, alice, 'asked:empty')).toEqual({ ok: { members: [], count: 0, users: 0 } })
    expect(ask(t, mallory, 'asked:r').error?.code).toBe('forbidden')
    expect(ask(t, alice, 'none:r').error?.code).toBe('not_available')
    expect(t.join(alice, 'none:r').ok?.room).toEqual({})
    expect(t.join(alice, 'asked:r').ok?.room).toEqual({ members: 3, users: 2 })
    t.clock.advance(6_000)
    expect(pushes(alice)).toEqual([])
  })

  it('[P-1] names 1,000 users of a crowd, and counts them all', () => {
    const t = open()
    const clients = Array.from({ length: 1_010 }, (_, i) => t.client(`u${i}`))
    joinAll(t, [...clients, t.client('u0'), t.client('u1005')], 'r')
    const { ok } = ask(t, clients[0] as TestClient, 'r')
    expect(ok).toMatchObject({ count: 1_012, users: 1_010 })
    expect(ok?.members).toHaveLength(1_000)
    expect(ok?.members[0]).toEqual({ user: 'u0', connections: 2 })
  })

  it('[P-1] counts the connections of services, and names none of them', () => {
    const t = open()
    const [alice, device] = [t.client('alice'), t.open()]
    t.authenticate(device, { ...t.token('key:k1'), service: 'thermostat' })
    joinAll(t, [alice, device], 'r')
    expect(ask(t, alice, 'r').ok).toEqual({ members: [{ user: 'alice', connections: 1 }], count: 2, users: 1 })
    t.clock.advance(1_000)
    pushes(alice)
    t.leave(device, 'r')
    t.clock.advance(1_000)
    expect(pushes(alice)).toEqual([{ room: 'r', joined: [], left: [], count: 1, users: 1 }])
  })

  it('[P-1] names no more than fits into 256 KiB', () => {
    const t = open()
    const clients = Array.from({ length: 400 }, (_, i) => clientWith(t, `u${i}`, { about: 'x'.repeat(1_000) }))
    joinAll(t, clients, 'r')
    const { ok } = ask(t, clients[0] as TestClient, 'r')
    expect(JSON.stringify(ok?.members).length).toBeLessThanOrEqual(262_146)
    expect(ok?.members.length).toBeGreaterThan(240)
    expect(ok?.users).toBe(400)
  })

  it('[P-3] tells the members who came and who went, one parcel for all of them', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), clientWith(t, 'bob', { team: 'red' })]
    joinAll(t, [alice, bob], 'r')
    t.clock.advance(400)
    expect(alice.socket.of('presence')).toEqual([])
    t.clock.advance(600)
    const joined = [{ user: 'alice' }, { user: 'bob', info: { team: 'red' } }]
    for (const { parcels } of [alice.socket, bob.socket]) expect(parcels.at(-1)).toBe(alice.socket.parcels.at(-1))
    for (const client of [alice, bob])
      expect(pushes(client)).toEqual([{ room: 'r', joined, left: [], count: 2, users: 2 }])
    t.leave(bob, 'r')
    t.join(t.client('carol'), 'r')
    t.clock.advance(1_000)
    expect(pushes(alice)).toEqual([{ room: 'r', joined: [{ user: 'carol' }], left: ['bob'], count: 2, users: 2 }])
    expect(pushes(bob)).toEqual([])
  })

  it('[P-3] tells nobody of a user who came and went within the window, or who was back within it', () => {
    const t = open()
    const [alice, bob, carol] = [t.client('alice'), t.client('bob'), t.client('carol')]
    joinAll(t, [alice, bob], 'r')
    t.clock.advance(1_000)
    pushes(alice)
    t.join(carol, 'r')
    t.leave(carol, 'r')
    t.leave(bob, 'r')
    t.join(bob, 'r')
    t.clock.advance(2_000)
    expect(pushes(alice)).toEqual([])
  })

  it('[P-3] tells what a reply quoted when it is undone before it was pushed', () => {
    const t = open()
    const [alice, bob, carol] = [t.client('alice'), t.client('bob'), t.client('carol')]
    joinAll(t, [alice, bob], 'r')
    t.clock.advance(1_000)
    pushes(alice)
    t.leave(bob, 'r')
    expect(ask(t, alice, 'r').ok?.members).toEqual([{ user: 'alice', connections: 1 }])
    t.join(bob, 'r')
    t.clock.advance(1_000)
    expect(pushes(alice)).toEqual([{ room: 'r', joined: [{ user: 'bob' }], left: [], count: 2, users: 2 }])
    const other = t.client('alice')
    t.join(other, 'r')
    t.clock.advance(1_000)
    pushes(carol)
    expect(t.join(carol, 'r').ok?.room).toEqual({ members: 4, users: 3 })
    t.leave(other, 'r')
    t.clock.advance(1_000)
    expect(pushes(carol)).toMatchObject([{ count: 3, users: 3 }])
  })

  it('[P-3] tells only members whose grant has the right', () => {
    const t = open()
    const [alice, mallory] = [t.client('alice'), t.client('mallory', { '**': ['join'] })]
    joinAll(t, [alice, mallory], 'r')
    t.clock.advance(1_000)
    expect(pushes(mallory)).toEqual([])
    t.hub.authenticator.refresh(alice.c, { ok: true, token: t.token('alice', { '**': ['join'] }) }, () => {})
    pushes(alice)
    t.join(t.client('bob'), 'r')
    t.clock.advance(1_000)
    expect(pushes(alice)).toEqual([])
  })

  it('[P-2] [P-3] shows what the newest connection of a user says, and tells again when that changes', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), clientWith(t, 'bob', { mood: 'calm' })]
    joinAll(t, [alice, bob], 'r')
    t.clock.advance(1_000)
    pushes(alice)
    t.join(clientWith(t, 'bob', { mood: 'calm' }), 'r')
    t.clock.advance(1_000)
    expect(pushes(alice)).toEqual([{ room: 'r', joined: [], left: [], count: 3, users: 2 }])
    const newest = clientWith(t, 'bob', { mood: 'busy' })
    t.join(newest, 'r')
    t.clock.advance(1_000)
    const busy = [{ user: 'bob', info: { mood: 'busy' } }]
    expect(pushes(alice)).toEqual([{ room: 'r', joined: busy, left: [], count: 4, users: 2 }])
    t.leave(newest, 'r')
    expect(ask(t, alice, 'r').ok?.members[1]).toEqual({ user: 'bob', connections: 2, info: { mood: 'busy' } })
    t.hub.authenticator.refresh(bob.c, { ok: true, token: { ...t.token('bob'), info: { mood: 'gone' } } }, () => {})
    t.clock.advance(1_000)
    const gone = [{ user: 'bob', info: { mood: 'gone' } }]
    expect(pushes(alice)).toEqual([{ room: 'r', joined: gone, left: [], count: 3, users: 2 }])
    expect(ask(t, alice, 'r').ok?.members[1]).toEqual({ user: 'bob', connections: 2, info: { mood: 'gone' } })
  })

  it('[P-5] does not tell that a user left and came when a newer connection takes over', () => {
    const t = open()
    const [alice, older] = [t.client('alice'), t.client('bob')]
    joinAll(t, [alice, older], 'r')
    t.clock.advance(1_000)
    pushes(alice)
    const newer = t.open()
    t.authenticate(newer, t.token('bob'), { session: older.c.session as string })
    t.clock.advance(1_000)
    t.join(newer, 'r')
    t.clock.advance(12_000)
    expect(older.c.closing?.reason).toBe('superseded')
    // Only the newer connection was told of 3: a push corrects the numbers and names nobody.
    expect(pushes(alice)).toEqual([{ room: 'r', joined: [], left: [], count: 2, users: 2 }])
    expect(ask(t, alice, 'r').ok).toMatchObject({ count: 2, users: 2 })
  })

  it('[P-4] tells large rooms numbers without names, at most every 5 s', () => {
    const t = open()
    const clients = Array.from({ length: 201 }, (_, i) => t.client(`u${i}`))
    joinAll(t, clients, 'r')
    t.clock.advance(1_000)
    const first = clients[0] as TestClient
    expect(pushes(first)).toEqual([{ room: 'r', count: 201, users: 201 }])
    for (let second = 0; second < 20; second += 1) {
      t.join(t.client(`v${second}`), 'r')
      t.clock.advance(1_000)
    }
    t.clock.advance(5_000)
    const told = pushes(first)
    expect([4, 5]).toContain(told.length)
    expect(told.at(-1)).toEqual({ room: 'r', count: 221, users: 221 })
    t.leave(clients[200] as TestClient, 'r')
    t.join(t.client('w'), 'r')
    t.clock.advance(11_000)
    expect(pushes(first)).toEqual([])
    for (const client of clients.slice(1, 50)) t.leave(client, 'r')
    t.clock.advance(6_000)
    // From here on users are named again: what changed while they were not must be asked for.
    expect(pushes(first)).toEqual([{ room: 'r', count: 172, users: 172 }])
    t.leave(clients[60] as TestClient, 'r')
    t.clock.advance(1_000)
    expect(pushes(first)).toEqual([{ room: 'r', joined: [], left: ['u60'], count: 171, users: 171 }])
  })

  it('[P-4] leaves out names that would take more than 64 KiB', () => {
    const t = open()
    const alice = t.client('alice')
    const crowd = Array.from({ length: 70 }, (_, i) => clientWith(t, `u${i}`, { about: 'x'.repeat(1_000) }))
    joinAll(t, [alice, ...crowd], 'r')
    t.clock.advance(1_000)
    expect(pushes(alice)).toEqual([{ room: 'r', count: 71, users: 71 }])
  })

  it('[P-4] skips a member that does not read, and tells it the counts once it does', () => {
    const t = open({ settings: { outboxSoftBytes: 20_000 } })
    const [alice, bob] = [t.client('alice'), t.client('bob', undefined, new FakeSocket(true))]
    joinAll(t, [alice, bob], 'r')
    t.clock.advance(1_000)
    bob.socket.freeze()
    for (let i = 0; i < 4; i += 1) {
      t.hub.publisher.publish(alice.c, { room: 'r', data: 'x'.repeat(30_000) }, undefined)
      t.clock.advance(50)
    }
    expect(bob.c.isSlow).toBe(true)
    pushes(bob)
    t.join(t.client('carol'), 'r')
    t.clock.advance(2_000)
    expect(pushes(alice).at(-1)).toMatchObject({ joined: [{ user: 'carol' }] })
    bob.socket.thaw()
    expect(pushes(bob)).toEqual([])
    t.clock.advance(500)
    expect(pushes(bob)).toEqual([{ room: 'r', count: 3, users: 3 }])
    t.leave(alice, 'r')
    t.clock.advance(1_000)
    expect(pushes(bob)).toEqual([{ room: 'r', joined: [], left: ['alice'], count: 2, users: 2 }])
  })

  it('keeps nothing of a room that emptied, and starts over in it', () => {
    const t = open()
    const alice = t.client('alice', { '**': allRights })
    t.join(alice, 'r')
    t.hub.roomClosing.close('r', { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null })
    t.hub.roomClosing.reopen('r')
    t.clock.advance(1_000)
    expect(t.hub.rooms.get('r')?.presence?.users).toBe(0)
    t.join(alice, 'r')
    t.clock.advance(1_000)
    expect(pushes(alice)).toEqual([{ room: 'r', joined: [{ user: 'alice' }], left: [], count: 1, users: 1 }])
  })
})

describe('a push to a large room', () => {
  it('yields the loop every few milliseconds, and leaves out members that went or came meanwhile', () => {
    const t = start()
    const sockets = Array.from({ length: 400 }, () => new CostlySocket(t.clock))
    const clients = sockets.map((socket, i) => t.client(`u${i}`, undefined, socket))
    joinAll(t, clients, 'r')
    const [first, last, late] = [sockets[0] as CostlySocket, clients.at(-1) as TestClient, t.client('late')]
    const told = (): number => sockets.filter((socket) => socket.of('presence').length > 0).length
    const toldByTurn: number[] = []
    const look = (): void => {
      toldByTurn.push(told())
      if (toldByTurn.length < 30) t.clock.atTurnEnd(look)
    }
    for (const socket of sockets) socket.costMs = 0.1
    first.onWrite = () => {
      first.onWrite = () => {}
      t.clock.atTurnEnd(() => {
        t.leave(last, 'r')
        t.join(late, 'r')
        look()
      })
    }
    t.clock.advance(1_000)
    expect(told()).toBe(399)
    const steps = toldByTurn.map((count, i) => count - (toldByTurn[i - 1] ?? 0))
    expect(Math.max(...steps)).toBeLessThanOrEqual(64)
    expect(steps.filter((step) => step > 0).length).toBeGreaterThan(5)
    for (const { socket } of [last, late]) expect(socket.of('presence')).toEqual([])
    t.join(t.client('later'), 'r')
    t.clock.advance(6_000)
    expect(pushes(late)).toEqual([{ room: 'r', count: 401, users: 401 }])
  })
})
