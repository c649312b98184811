import { describe, expect, it } from 'vitest'
import { Grant } from '../rights/grant.js'
import { Membership } from './membership.js'
import type { StreamMessage } from '../ports/bus.js'
import { Room } from './room.js'
import { RoomRest } from './room-rest.js'
import { builtInRoomType } from '../room-types/room-type.js'
import { TestHub, type TestClient } from '../testing/test-hub.js'
import { TypeBooks } from '../books/type-books.js'

const message = (offset: number, epoch = 'e1'): StreamMessage => ({ epoch, offset, data: String(offset), from: null })

/** A room without a hub, with one member. */
function start(): { room: Room; member: TestClient; flush: () => void } {
  const t = new TestHub()
  const room = new Room('r', builtInRoomType, new TypeBooks('**'), { clock: t.clock, rest: new RoomRest(t.clock, 1) })
  const member = t.client()
  return { room, member, flush: () => room.sendOutNow() }
}

function admit(room: Room, member: TestClient): void {
  room.admit(new Membership(member.c, room, 0, new Grant('r', 15, Infinity), { epoch: '', offset: 0 }))
}

describe('a room', () => {
  it('takes what came before its subscription was in place, but nothing before its position', () => {
    const { room, member, flush } = start()
    room.awaitLive(() => {})
    room.receive(message(4))
    room.receive(message(5))
    room.begin({ epoch: 'e1', offset: 4 })
    expect(room.offset).toBe(5)
    admit(room, member)
    room.receive(message(6))
    flush()
    expect(member.socket.offsets('r')).toEqual([6])
  })

  it('ignores a message that came twice or late', () => {
    const { room, member, flush } = start()
    room.awaitLive(() => {})
    room.begin({ epoch: 'e1', offset: 0 })
    admit(room, member)
    for (const offset of [1, 1, 2, 1, 3]) room.receive(message(offset))
    flush()
    expect(member.socket.offsets('r')).toEqual([1, 2, 3])
    expect(room.messages).toBe(3)
  })

  it('never joins messages of two epochs in one parcel', () => {
    const { room, member, flush } = start()
    room.awaitLive(() => {})
    room.begin({ epoch: 'e1', offset: 0 })
    admit(room, member)
    room.receive(message(1))
    room.receive(message(1, 'e2'))
    flush()
    expect(member.socket.parcels.slice(-2).map(({ stream }) => stream?.epoch)).toEqual(['e1', 'e2'])
    expect(member.socket.offsets('r')).toEqual([1, 1])
  })

  it('takes nothing while it is not subscribed', () => {
    const { room } = start()
    expect(room.receive(message(1))).toBe(false)
    expect(room.epoch).toBeNull()
  })

  it('[M-3] holds a reply for the message it quotes, even when the message comes after it', () => {
    const { room, member, flush } = start()
    room.awaitLive(() => {})
    room.begin({ epoch: 'e1', offset: 0 })
    admit(room, member)
    const sent: number[] = []
    const reply = (offset: number, isDuplicate = false) => ({
      epoch: 'e1',
      offset,
      isDuplicate,
      atMs: 0,
      send: () => sent.push(offset),
    })
    room.replyAfterFlush(reply(1))
    flush()
    expect(sent).toEqual([])
    room.receive(message(1))
    flush()
    expect(sent).toEqual([1])
    room.replyAfterFlush(reply(1, true))
    expect(sent).toEqual([1, 1])
    room.replyAfterFlush(reply(9))
    room.releaseBefore(1)
    expect(sent).toEqual([1, 1, 9])
  })
})
