import { describe, expect, it } from 'vitest'
import { busModes } from '../testing/modes.js'
import { TestHub } from '../testing/test-hub.js'

describe.each(busModes)('members over $mode', ({ faults }) => {
  const start = (): TestHub => new TestHub(faults === undefined ? {} : { faults })

  it('counts every membership that ends, however it ends', () => {
    const t = start()
    const [alice, bob, carol] = [t.client('alice'), t.client('bob'), t.client('carol')]
    for (const client of [alice, bob, carol]) for (const room of ['a', 'b']) t.join(client, room)
    t.leave(alice, 'a')
    t.hub.authenticator.refresh(alice.c, { ok: true, token: t.token('alice', {}) }, () => {})
    t.hub.roomClosing.close('a', { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null })
    t.settle()
    expect(t.hub.books).toMatchObject({ joins: 6, leaves: 4 })
    t.hub.closer.socketClosed(bob.c, { code: 1006, text: '', hadCloseFrame: false })
    t.hub.closer.disconnect(carol.c, 'kicked', {})
    t.settle()
    expect(t.hub.books).toMatchObject({ joins: 6, leaves: 6 })
  })
})

describe('a room of the control room', () => {
  it.each(['sys', 'sys:stats', 'sys:a:b'])(
    '[R-3] is unknown to every request, whatever the token gives: %s',
    (room) => {
      const t = new TestHub()
      const alice = t.client('alice')
      expect(t.hub.grants.of(alice.c, room).canJoin).toBe(true)
      const codes: (string | undefined)[] = [t.join(alice, room).error?.code]
      codes.push(t.hub.reader.presence(alice.c, room).error?.code)
      t.hub.reader.history(alice.c, { room }, ({ error }) => codes.push(error?.code))
      expect(codes).toEqual(['unknown_room', 'unknown_room', 'unknown_room'])
      t.hub.publisher.publish(alice.c, { room, data: 1 }, 1)
      t.hub.receipts.ack(alice.c, { room, offset: 0 }, 2)
      for (const id of [1, 2]) expect(alice.socket.reply(id)).toMatchObject({ error: { code: 'unknown_room' } })
      expect([t.hub.rooms.size, t.hub.books.published]).toEqual([0, 0])
    },
  )
})

describe('a right that is lost while the room is subscribed to', () => {
  it('does not affect the other joins', () => {
    const t = new TestHub({ faults: { late: true, reorder: false, errors: false } })
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const answers: unknown[] = []
    t.hub.joiner.join(alice.c, { room: 'r' }, ({ error }) => answers.push(error?.code))
    t.hub.joiner.join(bob.c, { room: 'r' }, ({ error }) => answers.push(error?.code))
    t.hub.authenticator.refresh(alice.c, { ok: true, token: t.token('alice', {}) }, () => {})
    t.settle()
    expect(answers).toEqual(['forbidden', undefined])
    t.hub.publisher.publish(bob.c, { room: 'r', data: 1 }, undefined)
    t.settle()
    expect(bob.socket.offsets('r')).toEqual([1])
  })

  it('leaves the room idle when nobody else joins', () => {
    const t = new TestHub({ faults: { late: true, reorder: false, errors: false } })
    const alice = t.client('alice')
    t.hub.joiner.join(alice.c, { room: 'r' }, () => {})
    t.hub.authenticator.refresh(alice.c, { ok: true, token: t.token('alice', {}) }, () => {})
    t.settle()
    expect(t.hub.rooms.get('r')?.phase).toBe('idle')
  })
})
