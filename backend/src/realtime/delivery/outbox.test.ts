import { describe, expect, it } from 'vitest'
import { RoomLedger } from '../books/room-ledger.js'
import { TypeBooks } from '../books/type-books.js'
import { builtInRoomType, type RoomType, type SlowPolicy } from '../room-types/room-type.js'
import { SharedParcel } from '../encoding/shared-parcel.js'
import { FakeSocket } from '../testing/fake-socket.js'
import { TestHub, type TestClient } from '../testing/test-hub.js'

const KIB = 1024

function room(pattern: string, slowPolicy: SlowPolicy, kind: RoomType['kind'] = 'ephemeral'): RoomType {
  return { ...builtInRoomType, pattern, slowPolicy, kind }
}

const roomTypes = [
  room('drop:*', 'drop_oldest'),
  room('newest:*', 'conflate'),
  room('value:*', 'conflate', 'latest'),
  room('**', 'disconnect'),
]

function start(): TestHub {
  return new TestHub({ settings: { roomTypes } })
}

/** A member that reads nothing until it is thawed, and somebody who writes to its room. */
function frozenMember(
  t: TestHub,
  ...rooms: string[]
): { member: TestClient; write: (room: string, kib?: number) => void } {
  const [member, writer] = [t.client('member'), t.client('writer')]
  for (const name of rooms) t.join(member, name)
  member.socket.freeze()
  return {
    member,
    write: (name, kib = 16) => {
      t.hub.publisher.publish(writer.c, { room: name, data: 'x'.repeat(kib * KIB) }, undefined)
      t.clock.settle()
    },
  }
}

function balance({ c }: TestClient): void {
  const { outbox } = c
  expect(outbox.enqueuedDeliveries).toBe(
    outbox.writtenDeliveries + outbox.droppedDeliveries + outbox.discardedDeliveries + outbox.queuedDeliveries,
  )
  expect(outbox.enqueuedBytes).toBe(
    outbox.writtenBytes + outbox.droppedBytes + outbox.discardedBytes + outbox.queuedBytes,
  )
}

describe('an outbox', () => {
  it('writes straight through while the socket holds little, and queues beyond it', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'r')
    const before = member.socket.parcels.length
    for (let i = 0; i < 10; i += 1) write('r')
    expect(member.socket.parcels.length - before).toBe(4)
    expect(member.c.outbox.queuedBytes).toBeGreaterThan(160 * KIB)
    balance(member)
    member.socket.thaw()
    expect(member.socket.offsets('r')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(member.c.outbox.queuedBytes).toBe(0)
    balance(member)
  })

  it('is slow above the soft limit and recovers below half of it', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'r')
    for (let i = 0; i < 17; i += 1) write('r')
    expect(member.c.isSlow).toBe(true)
    expect(t.hub.levels().slow).toBe(1)
    member.socket.thaw()
    expect(member.c.isSlow).toBe(false)
    expect(t.hub.levels().slow).toBe(0)
    expect(member.c.timeline().map(({ kind }) => kind)).toEqual([
      'opened',
      'authenticated',
      'joined',
      'slow',
      'recovered',
    ])
  })

  it('[B-1] disconnects a member that lets more than the hard limit wait, with the evidence', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'r', 'quiet')
    t.hub.ponged(member.c)
    write('quiet')
    for (let i = 0; i < 70; i += 1) write('r')
    const record = t.records.of(member.c.id)
    expect(record).toMatchObject({ reason: 'slow_consumer_bytes', code: 4003, rooms: ['r', 'quiet'] })
    expect(record.evidence).toMatchObject({ room: 'r', limit: 1024 * KIB })
    expect(record.evidence.queuedBytes).toBeGreaterThan(1024 * KIB)
    expect(record.deliveries.enqueued).toBe(
      record.deliveries.written + record.deliveries.dropped + record.deliveries.discarded,
    )
    expect(record.deliveries.discarded).toBeGreaterThan(60)
    expect(member.socket.closed).toEqual({ code: 4003, text: `slow_consumer_bytes ${member.c.id}` })
  })

  it('[B-1] [B-2] drops the oldest where the room type says so, and tells one gap in their place', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'drop:a')
    for (let i = 0; i < 100; i += 1) write('drop:a')
    expect(member.c.closing).toBeNull()
    expect(member.c.outbox.queuedBytes).toBeLessThan(300 * KIB)
    balance(member)
    member.socket.thaw()
    const frames = member.socket.frames.filter(({ event }) => event === 'message' || event === 'gap')
    const gaps = member.socket.of('gap')
    expect(gaps).toHaveLength(1)
    const gap = gaps[0] as unknown as { from: number; to: number; count: number; cause: string }
    expect(gap).toMatchObject({ room: 'drop:a', from: 5, cause: 'slow_consumer', count: gap.to - gap.from + 1 })
    expect(frames[4]).toBe(gaps[0])
    expect(frames[5]).toMatchObject({ event: 'message', offset: gap.to + 1 })
    expect(member.socket.offsets('drop:a').at(-1)).toBe(100)
    expect(t.hub.books.droppedByCause.slow_consumer).toBe(gap.count)
    expect(t.hub.rooms.get('drop:a')?.ledger).toMatchObject({ enqueued: 100, dropped: gap.count, queued: 0 })
    balance(member)
  })

  it('[B-1] [B-2] keeps only the newest where the room type conflates', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'newest:a')
    for (let i = 0; i < 60; i += 1) write('newest:a')
    member.socket.thaw()
    expect(member.socket.of('gap')).toEqual([expect.objectContaining({ cause: 'conflated' })])
    expect(member.socket.offsets('newest:a').at(-1)).toBe(60)
    expect(t.hub.books.droppedByCause.conflated).toBeGreaterThan(30)
    balance(member)
  })

  it('[M-8] [B-2] tells no gap in rooms whose offsets may jump by contract', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'value:a')
    for (let i = 0; i < 60; i += 1) write('value:a')
    member.socket.thaw()
    expect(member.socket.of('gap')).toEqual([])
    expect(t.hub.books.droppedByCause.conflated).toBeGreaterThan(30)
    expect(member.socket.offsets('value:a').at(-1)).toBe(60)
  })

  it('[M-8] never drops the newest value of a room that tells no gap, whatever else must be dropped', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'value:a', 'drop:a', 'r')
    for (let i = 0; i < 8; i += 1) write('r')
    for (let i = 0; i < 3; i += 1) write('value:a')
    for (let i = 0; i < 53; i += 1) write('r')
    expect(t.hub.books.droppedByCause.slow_consumer).toBeGreaterThan(0)
    expect(member.c.closing).toBeNull()
    member.socket.thaw()
    expect(member.socket.offsets('value:a').at(-1)).toBe(3)
    balance(member)
  })

  it('[M-8] lets the newest value wait for longer than 10 s where the member reads at all', () => {
    const t = start()
    const [member, writer] = [t.client('member', undefined, new FakeSocket(false)), t.client('writer')]
    for (const name of ['value:a', 'drop:a']) t.join(member, name)
    member.socket.flush()
    const write = (name: string): void => {
      t.hub.publisher.publish(writer.c, { room: name, data: 'x'.repeat(16 * KIB) }, undefined)
      t.clock.settle()
    }
    for (let i = 0; i < 8; i += 1) write('drop:a')
    for (let i = 0; i < 2; i += 1) write('value:a')
    for (let i = 0; i < 3; i += 1) {
      t.clock.advance(3_900)
      member.socket.flush(1)
    }
    expect(member.c.closing).toBeNull()
    expect(member.socket.of('gap')).toHaveLength(0)
    member.socket.flush()
    expect(t.hub.books.droppedByCause.slow_consumer).toBeGreaterThan(0)
    expect(member.socket.offsets('value:a').at(-1)).toBe(2)
    balance(member)
  })

  it('[B-2] spares other rooms: only what may be dropped goes, and each room gets its own gap', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'drop:a', 'drop:b', 'r')
    for (let i = 0; i < 20; i += 1) write('r', 8)
    for (let i = 0; i < 60; i += 1) {
      write('drop:a')
      write('drop:b')
    }
    member.socket.thaw()
    expect(member.c.closing).toBeNull()
    expect(member.socket.offsets('r')).toHaveLength(20)
    expect(new Set(member.socket.of('gap').map(({ room: name }) => name))).toEqual(new Set(['drop:a', 'drop:b']))
    expect(member.socket.of('gap')).toHaveLength(2)
    balance(member)
  })

  it('tells the gap before the reply when a member leaves with dropped deliveries', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'drop:a')
    for (let i = 0; i < 60; i += 1) write('drop:a')
    t.hub.replier.reply(member.c, 9, t.hub.memberships.leave(member.c, 'drop:a').ok)
    member.socket.thaw()
    const at = (event: string): number => member.socket.frames.findIndex((frame) => frame.event === event)
    expect(at('gap')).toBeGreaterThan(0)
    expect(member.socket.frames.at(-1)).toEqual({ id: 9, ok: {} })
  })

  it('[B-1] closes a member that finishes no write for 10 s', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'drop:a')
    write('drop:a')
    t.clock.advance(9_000)
    expect(member.c.closing).toBeNull()
    t.clock.advance(2_500)
    const record = t.records.of(member.c.id)
    expect(record).toMatchObject({ reason: 'slow_consumer_deadline', code: 4004 })
    expect(record.evidence.oldestMs).toBeGreaterThanOrEqual(10_000)
    expect(record.deliveries).toMatchObject({ enqueued: 1, written: 0, discarded: 1 })
  })

  it('drops what waited 10 s where it may, for a member that reads, but slowly', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'drop:a')
    for (let i = 0; i < 12; i += 1) write('drop:a')
    for (let i = 0; i < 3; i += 1) {
      t.clock.advance(4_000)
      member.socket.thaw()
      member.socket.freeze()
      for (let more = 0; more < 12; more += 1) write('drop:a')
    }
    expect(member.c.closing).toBeNull()
    balance(member)
  })

  it('[U-3] discards an incomplete write as a whole when the socket breaks', () => {
    const t = start()
    const { member, write } = frozenMember(t, 'r')
    for (let i = 0; i < 8; i += 1) write('r')
    member.socket.fail('ECONNRESET')
    t.hub.closer.socketClosed(member.c, { code: 1006, text: '', error: 'ECONNRESET', hadCloseFrame: false })
    expect(t.records.of(member.c.id)).toMatchObject({
      reason: 'abnormal_reset',
      deliveries: { enqueued: 8, written: 0, dropped: 0, discarded: 8 },
      evidence: { error: 'ECONNRESET' },
    })
    expect(t.hub.books.snapshot().deliveries).toMatchObject({ enqueued: 8, discarded: 8, queued: 0 })
    expect(t.hub.books.snapshot().bytes.queued).toBe(0)
  })

  it('[B-2] sheds the fullest outboxes when all together are over the budget of the node', () => {
    const t = new TestHub({ settings: { roomTypes, outboxNodeBytes: 400 * KIB } })
    const [a, b] = [frozenMember(t, 'drop:a'), frozenMember(t, 'r')]
    for (let i = 0; i < 15; i += 1) {
      a.write('drop:a')
      b.write('r')
    }
    t.clock.advance(1_000)
    expect(t.hub.books.droppedByCause.node_budget).toBeGreaterThan(0)
    expect(t.hub.books.queuedBytes).toBeLessThanOrEqual(400 * KIB)
    expect(b.member.c.closing).toBeNull()
  })

  it('takes writes that call back at once or later alike', () => {
    const t = start()
    const slow = t.client('slow', undefined, new FakeSocket(true))
    const later = new FakeSocket(false)
    const open = t.open({}, later)
    t.authenticate(open, t.token('later'))
    t.join(slow, 'r')
    t.join(open, 'r')
    for (let i = 0; i < 30; i += 1) {
      t.hub.publisher.publish(slow.c, { room: 'r', data: 'y'.repeat(8 * KIB) }, undefined)
      t.clock.settle()
      if (i % 3 === 0) later.flush(1)
    }
    later.flush()
    expect(later.offsets('r')).toEqual(slow.socket.offsets('r'))
    balance(open)
  })
})

describe('an outbox in which thousands of parcels wait', () => {
  /** Looks at parcels, counted where the outbox asks which room one belongs to. */
  let looks = 0
  class CountedParcel extends SharedParcel {
    constructor(private readonly owner: RoomLedger) {
      super(Buffer.alloc(40), 1, { room: owner.room, epoch: 'e', from: 1, to: 1, members: 1 }, null, 0)
      Object.defineProperty(this, 'ledger', { get: () => ((looks += 1), this.owner) })
    }
  }

  it.each(['conflate', 'drop_oldest'] as const)('does not look at all of them for each parcel of %s', (policy) => {
    const t = start()
    const { c, socket } = t.client('member')
    socket.freeze()
    const [kept, other] = [
      new RoomLedger('kept', 'disconnect', true, new TypeBooks('kept')),
      new RoomLedger('other', policy, policy === 'drop_oldest', new TypeBooks('other')),
    ]
    for (let i = 0; i < 8_000; i += 1) c.outbox.enqueue(new CountedParcel(kept))
    expect(c.isSlow).toBe(true)
    looks = 0
    for (let i = 0; i < 4_000; i += 1) c.outbox.enqueue(new CountedParcel(other))
    expect(looks).toBeLessThan(4_000 * 400)
    expect(other.dropped).toBeGreaterThan(3_000)
    expect(c.outbox.queuedBytes).toBeLessThan(8_000 * 40 + 400 * 40 + 1_000)
    balance({ c, socket })
    looks = 0
    for (let i = 0; i < 4_000; i += 1) c.outbox.enqueue(new CountedParcel(kept))
    expect(looks).toBeLessThan(4_000 * 400)
    expect(c.closing).toBeNull()
  })
})
