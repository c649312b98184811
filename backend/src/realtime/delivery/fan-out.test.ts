import { describe, expect, it } from 'vitest'
import { builtInRoomType } from '../room-types/room-type.js'
import { FakeSocket } from '../testing/fake-socket.js'
import type { ManualClock } from '../testing/manual-clock.js'
import { TestHub, type TestClient } from '../testing/test-hub.js'

/** A socket whose every write costs time, as real ones do. */
class CostlySocket extends FakeSocket {
  constructor(
    private readonly clock: ManualClock,
    private readonly costMs: number,
  ) {
    super()
  }

  override write(...write: Parameters<FakeSocket['write']>): boolean {
    this.clock.stall(this.costMs)
    return super.write(...write)
  }
}

describe('fan-out', () => {
  it('joins all messages of a loop turn in one parcel that all members share', () => {
    const t = new TestHub()
    const clients = ['a', 'b', 'c'].map((user) => t.client(user))
    for (const client of clients) t.join(client, 'r')
    const before = clients.map(({ socket }) => socket.parcels.length)
    for (let i = 0; i < 4; i += 1) t.hub.publisher.publish(clients[0]!.c, { room: 'r', data: i }, undefined)
    t.clock.settle()
    const parcels = clients.map(({ socket }, i) => socket.parcels.slice(before[i]))
    expect(parcels.map((own) => own.length)).toEqual([1, 1, 1])
    expect(parcels[0]?.[0]?.deliveries).toBe(4)
    expect(parcels[1]?.[0]?.wire).toBe(parcels[0]?.[0]?.wire)
    expect(parcels[2]?.[0]?.wire).toBe(parcels[0]?.[0]?.wire)
    expect(parcels[0]?.[0]?.stream).toMatchObject({ room: 'r', from: 1, to: 4 })
  })

  it('sends the payload as the text it was encoded to once', () => {
    const t = new TestHub()
    const alice = t.client()
    t.join(alice, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: { deep: ['ü', '💡', '"', '\\', 1.5e3] } }, undefined)
    t.clock.settle()
    const payload = alice.socket.parcels.at(-1)?.payloads[0]?.toString()
    expect(payload).toContain('"data":{"deep":["ü","💡","\\"","\\\\",1500]},"from":{"user":"alice"}}')
  })

  it('leaves from out where the room type says so', () => {
    const t = new TestHub({ settings: { roomTypes: [{ ...builtInRoomType, from: false }] } })
    const alice = t.client()
    t.join(alice, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.clock.settle()
    expect(alice.socket.of('message')[0]).not.toHaveProperty('from')
  })

  it('yields while it sends to a big room, and neither reorders nor skips anybody', () => {
    const t = new TestHub()
    const clients = Array.from({ length: 500 }, (_, i) => t.client(`u${i}`, undefined, new CostlySocket(t.clock, 0.05)))
    for (const client of clients) t.join(client, 'r')
    t.clock.advance(1_000)
    t.hub.publisher.publish(clients[0]!.c, { room: 'r', data: 1 }, 1)
    t.clock.turn()
    const reached = clients.filter(({ socket }) => socket.offsets('r').length > 0).length
    expect(reached).toBeGreaterThan(0)
    expect(reached).toBeLessThan(500)
    expect(clients[0]!.socket.reply(1)).toBeUndefined()
    t.hub.publisher.publish(clients[1]!.c, { room: 'r', data: 2 }, 2)
    t.clock.advance(100)
    for (const { socket } of clients) expect(socket.offsets('r')).toEqual([1, 2])
    expect(clients[0]!.socket.reply(1)).toEqual({ id: 1, ok: { offset: 1 } })
  })

  it('rests as long as it worked while the event loop has no time left, and joins what arrives meanwhile', () => {
    const t = new TestHub()
    t.clock.load = 1
    const clients = Array.from({ length: 100 }, (_, i) => t.client(`u${i}`, undefined, new CostlySocket(t.clock, 0.1)))
    for (const client of clients) t.join(client, 'r')
    t.clock.advance(1_000)
    const { socket, c } = clients[0]!
    const before = socket.parcels.length
    t.hub.publisher.publish(c, { room: 'r', data: 1 }, undefined)
    t.clock.settle()
    expect(socket.offsets('r')).toEqual([1])
    for (let i = 2; i <= 4; i += 1) {
      t.hub.publisher.publish(c, { room: 'r', data: i }, i)
      t.clock.settle()
    }
    expect(socket.offsets('r')).toEqual([1])
    // A member that joins now gets a place after all that the room has taken, without waiting for the others.
    const late = t.client('late')
    expect(t.join(late, 'r').ok?.offset).toBe(4)
    t.clock.advance(30)
    for (const each of clients) expect(each.socket.offsets('r')).toEqual([1, 2, 3, 4])
    expect(late.socket.offsets('r')).toEqual([])
    expect(socket.reply(4)).toEqual({ id: 4, ok: { offset: 4 } })
    expect(
      socket.parcels
        .slice(before)
        .filter(({ stream }) => stream !== null)
        .map(({ deliveries }) => deliveries),
    ).toEqual([1, 3])
    t.hub.publisher.publish(c, { room: 'r', data: 5 }, undefined)
    t.clock.advance(30)
    expect(late.socket.offsets('r')).toEqual([5])
  })

  it('does not rest while the event loop has time left', () => {
    const t = new TestHub()
    const clients = Array.from({ length: 100 }, (_, i) => t.client(`u${i}`, undefined, new CostlySocket(t.clock, 0.1)))
    for (const client of clients) t.join(client, 'r')
    t.clock.advance(1_000)
    for (let i = 1; i <= 20; i += 1) {
      t.hub.publisher.publish(clients[0]!.c, { room: 'r', data: i }, undefined)
      t.clock.settle()
      for (const { socket } of clients) expect(socket.offsets('r').at(-1)).toBe(i)
      t.clock.advance(10)
    }
  })

  it('keeps its time slice while other rooms rest', () => {
    const t = new TestHub()
    t.clock.load = 1
    const widths = { resting: 100, waking: 40 }
    const members = Object.entries(widths).map(([room, width]) =>
      Array.from({ length: width }, (_, i) => {
        const client = t.client(`${room}${i}`, undefined, new CostlySocket(t.clock, 0.2))
        t.join(client, room)
        return client
      }),
    )
    const [[resting], [waking]] = members as [[TestClient], [TestClient]]
    const last = members[1]?.at(-1) as TestClient
    t.clock.advance(1_000)
    const publish = (by: TestClient, room: string): void => t.hub.publisher.publish(by.c, { room, data: 1 }, undefined)
    publish(resting, 'resting')
    t.clock.settle()
    t.clock.advance(8)
    // A turn that only finds that the room has to rest.
    publish(resting, 'resting')
    t.clock.turn()
    publish(waking, 'waking')
    t.clock.turn()
    expect(last.socket.offsets('waking')).toEqual([1])
  })

  it('does not rest in a room that sends in less than a millisecond', () => {
    const t = new TestHub()
    const clients = Array.from({ length: 20 }, (_, i) => t.client(`u${i}`, undefined, new CostlySocket(t.clock, 0.02)))
    for (const client of clients) t.join(client, 'r')
    t.clock.advance(1_000)
    for (let i = 1; i <= 5; i += 1) {
      t.hub.publisher.publish(clients[0]!.c, { room: 'r', data: i }, undefined)
      t.clock.settle()
      expect(clients[19]!.socket.offsets('r').at(-1)).toBe(i)
    }
  })

  it('lets members come and go while it sends: each gets exactly its own messages', () => {
    const t = new TestHub()
    const clients = Array.from({ length: 200 }, (_, i) => t.client(`u${i}`, undefined, new CostlySocket(t.clock, 0.5)))
    for (const client of clients) t.join(client, 'r')
    t.clock.advance(1_000)
    t.hub.publisher.publish(clients[0]!.c, { room: 'r', data: 1 }, undefined)
    t.clock.turn()
    const [first, last] = [clients[3]!, clients[199]!]
    expect([first, last].map(({ socket }) => socket.offsets('r'))).toEqual([[1], []])
    t.leave(first, 'r')
    t.leave(last, 'r')
    const late = t.client('late')
    const joined = t.join(late, 'r').ok
    t.hub.publisher.publish(clients[0]!.c, { room: 'r', data: 2 }, undefined)
    t.clock.advance(200)
    expect(first.socket.offsets('r')).toEqual([1])
    expect(last.socket.offsets('r')).toEqual([1])
    expect(joined?.offset).toBe(1)
    expect(late.socket.offsets('r')).toEqual([2])
    for (const client of clients) {
      if (client !== first && client !== last) expect(client.socket.offsets('r')).toEqual([1, 2])
    }
    expect(t.hub.rooms.get('r')?.memberCount).toBe(199)
  })

  it('sends a member that leaves within the turn the messages of that turn, before the reply', () => {
    const t = new TestHub()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'r')
    t.join(bob, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.hub.replier.reply(bob.c, 2, t.hub.memberships.leave(bob.c, 'r').ok)
    expect(bob.socket.frames.map(({ event, id }) => event ?? id)).toEqual(['message', 2])
    expect(alice.socket.offsets('r')).toEqual([])
    t.hub.memberships.leave(alice.c, 'r')
    expect(alice.socket.offsets('r')).toEqual([1])
    expect([...(t.hub.rooms.get('r')?.members() ?? [])]).toEqual([])
    t.clock.settle()
    expect(bob.socket.offsets('r')).toEqual([1])
  })

  it('cuts a batch of many big messages into several parcels', () => {
    const t = new TestHub()
    const alice = t.client()
    t.join(alice, 'r')
    const before = alice.socket.parcels.length
    for (let i = 0; i < 10; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: 'x'.repeat(20_000) }, undefined)
    t.clock.settle()
    const sizes = alice.socket.parcels.slice(before).map(({ wire }) => wire.length)
    expect(sizes.length).toBeGreaterThan(2)
    expect(Math.max(...sizes)).toBeLessThan(70_000)
    expect(alice.socket.offsets('r')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('frames payloads of every length class so that they read back', () => {
    const t = new TestHub({ settings: { maxFrameBytes: 262_144 } })
    const alice = t.client()
    t.join(alice, 'r')
    for (const length of [1, 100, 125, 126, 127, 65_535, 65_536, 70_000]) {
      t.hub.publisher.publish(alice.c, { room: 'r', data: 'é'.repeat(length) }, undefined)
      t.clock.settle()
      expect(alice.socket.of('message').at(-1)?.['data']).toBe('é'.repeat(length))
    }
  })
})
