import type { PresenceOk } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import type { Answer } from './answer.js'
import { busModes } from './testing/modes.js'
import { TestHub } from './testing/test-hub.js'

describe.each(busModes)('members over $mode', ({ faults }) => {
  const start = (): TestHub => new TestHub(faults === undefined ? {} : { faults })

  it('counts every membership that ends, however it ends', () => {
    const t = start()
    const [alice, bob, carol] = [t.client('alice'), t.client('bob'), t.client('carol')]
    for (const client of [alice, bob, carol]) for (const room of ['a', 'b']) t.join(client, room)
    t.leave(alice, 'a')
    t.hub.refresh(alice.c, { ok: true, token: t.token('alice', {}) }, () => {})
    t.hub.closeRoom('a', { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null })
    t.settle()
    expect(t.hub.books).toMatchObject({ joins: 6, leaves: 4 })
    t.hub.socketClosed(bob.c, { code: 1006, text: '', hadCloseFrame: false })
    t.hub.disconnect(carol.c, 'kicked', {})
    t.settle()
    expect(t.hub.books).toMatchObject({ joins: 6, leaves: 6 })
  })

  it('shows who is present, with how many connections, to those who may know (section 3)', () => {
    const t = start()
    const [alice, mallory] = [t.client('alice'), t.client('mallory', { r: ['join'] })]
    for (const client of [alice, mallory, t.client('alice')]) t.join(client, 'r')
    expect(t.await((done) => t.hub.presence(alice.c, 'r', done))).toEqual({
      ok: {
        members: [
          { user: 'alice', connections: 2 },
          { user: 'mallory', connections: 1 },
        ],
        count: 3,
      },
    })
    expect(t.await((done) => t.hub.presence(alice.c, 'empty', done))).toEqual({ ok: { members: [], count: 0 } })
    expect(t.await<{ error?: unknown }>((done) => t.hub.presence(mallory.c, 'r', done)).error).toMatchObject({
      code: 'forbidden',
    })
  })

  it('names 1,000 users of a crowd, and counts them all', () => {
    const t = start()
    const clients = Array.from({ length: 1_010 }, (_, i) => t.client(`u${i}`))
    for (const client of [...clients, t.client('u0'), t.client('u1005')]) t.join(client, 'r')
    const answer = t.await<Answer<PresenceOk>>((done) => t.hub.presence(clients[0]!.c, 'r', done))
    expect(answer.ok?.count).toBe(1_012)
    expect(answer.ok?.members).toHaveLength(1_000)
    expect(answer.ok?.members[0]).toEqual({ user: 'u0', connections: 2 })
  })
})

describe('a right that is lost while the room is subscribed to', () => {
  it('takes nothing from the others who join', () => {
    const t = new TestHub({ faults: { late: true, reorder: false, errors: false } })
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const answers: unknown[] = []
    t.hub.join(alice.c, { room: 'r' }, ({ error }) => answers.push(error?.code))
    t.hub.join(bob.c, { room: 'r' }, ({ error }) => answers.push(error?.code))
    t.hub.refresh(alice.c, { ok: true, token: t.token('alice', {}) }, () => {})
    t.settle()
    expect(answers).toEqual(['forbidden', undefined])
    t.hub.publish(bob.c, { room: 'r', data: 1 }, undefined)
    t.settle()
    expect(bob.socket.offsets('r')).toEqual([1])
  })

  it('leaves a room that nobody else joins at rest', () => {
    const t = new TestHub({ faults: { late: true, reorder: false, errors: false } })
    const alice = t.client('alice')
    t.hub.join(alice.c, { room: 'r' }, () => {})
    t.hub.refresh(alice.c, { ok: true, token: t.token('alice', {}) }, () => {})
    t.settle()
    expect(t.hub.rooms.get('r')?.phase).toBe('idle')
  })
})
