import type { AckData } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import { RoomReceipts } from './room-receipts.js'
import { builtInRoomType, type RoomType } from '../room-types/room-type.js'
import { busModes } from '../testing/modes.js'
import { TestHub, type TestClient, type TestHubOptions } from '../testing/test-hub.js'

const history = { count: 400, bytes: 1_048_576, ageMs: 600_000 }
const roomTypes: readonly RoomType[] = [
  { ...builtInRoomType, pattern: 'off:*' },
  { ...builtInRoomType, pattern: '**', kind: 'recoverable', history, receipts: true },
]

function start(options: TestHubOptions = {}): TestHub {
  return new TestHub({ ...options, settings: { roomTypes, messageRate: 0, ...options.settings } })
}

function publish(t: TestHub, { c }: TestClient, count: number, room = 'r'): void {
  for (let i = 0; i < count; i += 1) t.hub.publisher.publish(c, { room, data: i }, undefined)
  t.settle()
}

/** Sends an ack and returns its answer, which comes in the same turn. */
function ack(t: TestHub, { c, socket }: TestClient, data: AckData): unknown {
  const id = socket.frames.length + 1
  t.hub.receipts.ack(c, data, id)
  const reply = socket.reply(id)
  return (reply?.['error'] as { code?: string } | undefined)?.code ?? reply?.['ok']
}

const receiptOf = ({ c }: TestClient, room = 'r'): unknown => {
  const { acked, lag } = c.memberships.get(room)?.receipt ?? { acked: undefined, lag: undefined }
  return { acked, lag }
}

describe.each(busModes)('receipts over $mode', ({ faults }) => {
  const open = (options: TestHubOptions = {}): TestHub => start(faults === undefined ? options : { ...options, faults })

  it('[A-1] [A-3] keeps the highest offset of each member and of each user, and when it was confirmed', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'r')
    publish(t, alice, 3)
    t.join(bob, 'r')
    publish(t, alice, 2)
    expect([receiptOf(alice), receiptOf(bob)]).toEqual([
      { acked: null, lag: 5 },
      { acked: null, lag: 2 },
    ])
    expect(ack(t, alice, { room: 'r', offset: 4 })).toEqual({})
    const at = t.clock.wallMs()
    t.clock.advance(1_000)
    expect(ack(t, alice, { room: 'r', offset: 2 })).toEqual({})
    expect(receiptOf(alice)).toEqual({ acked: 4, lag: 1 })
    const room = t.hub.rooms.get('r')
    expect([...(room?.receipts?.of(room.epoch) ?? [])]).toEqual([['alice', { offset: 4, at }]])
    t.leave(alice, 'r')
    expect(room?.receipts?.of(room.epoch).get('alice')).toEqual({ offset: 4, at })
    expect(t.hub.books.receipts).toBe(1)
  })

  it('[A-1] takes a receipt only from members, only of messages that exist, and only where the type keeps them', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    for (const room of ['r', 'off:r']) t.join(alice, room)
    publish(t, alice, 2)
    expect(ack(t, alice, { room: 'r', offset: 3 })).toBe('bad_request')
    expect(ack(t, alice, { room: 'off:r', offset: 0 })).toBe('not_available')
    expect(ack(t, bob, { room: 'off:r', offset: 0 })).toBe('not_available')
    expect(ack(t, bob, { room: 'r', offset: 1 })).toBe('not_member')
    expect(ack(t, bob, { room: 'sys:stats', offset: 1 })).toBe('unknown_room')
    expect(ack(t, t.open(), { room: 'r', offset: 1 })).toBe('not_authenticated')
    t.clock.advance(3_600_000 - t.clock.nowMs())
    expect(ack(t, alice, { room: 'r', offset: 2 })).toBe('not_authenticated')
    expect(t.hub.books.receipts).toBe(0)
    expect(t.hub.rooms.get('off:r')?.receipts).toBeNull()
  })

  it('[F-2] gets no reply without an id, and an error push where it is wrong', () => {
    const t = open()
    const alice = t.client('alice')
    t.join(alice, 'r')
    publish(t, alice, 1)
    const before = alice.socket.frames.length
    t.hub.receipts.ack(alice.c, { room: 'r', offset: 1 }, undefined)
    expect(alice.socket.frames).toHaveLength(before)
    t.hub.receipts.ack(alice.c, { room: 'r', offset: 2 }, undefined)
    expect(alice.socket.frames.at(-1)).toMatchObject({ event: 'error', code: 'bad_request' })
    expect(receiptOf(alice)).toEqual({ acked: 1, lag: 0 })
  })

  it('[A-2] counts the position of a join as a receipt, where it is of the current epoch', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const epoch = t.join(alice, 'r').ok?.epoch ?? ''
    publish(t, alice, 6)
    t.join(bob, 'r', { epoch, offset: 4 })
    expect(receiptOf(bob)).toEqual({ acked: 4, lag: 2 })
    t.join(bob, 'r', { epoch, offset: 5 })
    expect(receiptOf(bob)).toEqual({ acked: 5, lag: 1 })
    for (const since of [
      { epoch: 'another', offset: 6 },
      { epoch, offset: 7 },
    ]) {
      t.join(bob, 'r', since)
      expect(receiptOf(bob)).toEqual({ acked: 5, lag: 1 })
    }
    expect(t.hub.books.receipts).toBe(2)
  })

  it('[A-1] [A-3] forgets them with their epoch, and ignores those of an earlier epoch', () => {
    const t = open()
    const alice = t.client('alice')
    const epoch = t.join(alice, 'r').ok?.epoch ?? ''
    publish(t, alice, 5)
    ack(t, alice, { room: 'r', offset: 5 })
    t.bus.clear('r')
    publish(t, alice, 3)
    const room = t.hub.rooms.get('r')
    expect(room?.epoch).not.toBe(epoch)
    expect(receiptOf(alice)).toEqual({ acked: null, lag: 3 })
    expect(room?.receipts?.of(room.epoch).size).toBe(0)
    for (const offset of [2, 5]) expect(ack(t, alice, { room: 'r', offset, epoch })).toEqual({})
    expect(receiptOf(alice)).toEqual({ acked: null, lag: 3 })
    expect(ack(t, alice, { room: 'r', offset: 2, epoch: room?.epoch ?? '' })).toEqual({})
    expect(receiptOf(alice)).toEqual({ acked: 2, lag: 1 })
    expect(room?.receipts?.of(room.epoch).get('alice')).toMatchObject({ offset: 2 })
  })
})

describe('the receipts of a room', () => {
  it('[A-3] are of 10,000 users at most: the oldest are dropped and counted', () => {
    const receipts = new RoomReceipts()
    for (let i = 0; i < 10_000; i += 1) receipts.note('e', `u${i}`, 1, i)
    receipts.note('e', 'u0', 2, 10_000)
    expect([receipts.of('e').size, receipts.forgotten('e')]).toEqual([10_000, 0])
    for (let i = 0; i < 1_000; i += 1) receipts.note('e', `v${i}`, 1, 20_000)
    expect(receipts.of('e').size).toBeLessThanOrEqual(10_000)
    expect(receipts.of('e').size + receipts.forgotten('e')).toBe(11_000)
    expect(receipts.of('e').get('u0')).toEqual({ offset: 2, at: 10_000 })
    expect(receipts.of('e').has('u1')).toBe(false)
    expect(receipts.note('f', 'u0', 1, 30_000)).toBe(true)
    expect([receipts.of('e').size, receipts.of('f').size, receipts.forgotten('f')]).toEqual([0, 1, 0])
  })
})
