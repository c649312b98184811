import { describe, expect, it } from 'vitest'
import type { ServerPublishOutcome } from './publisher.js'
import { busModes } from '../testing/modes.js'
import { TestHub } from '../testing/test-hub.js'

const seeds = Array.from({ length: 20 }, (_, i) => i + 1)

describe.each(busModes)('forty publishes with one key over $mode', ({ faults }) => {
  const start = (seed: number, errors = false): TestHub => {
    const settings = { messageRate: 0 }
    return new TestHub(faults === undefined ? { settings, seed } : { settings, seed, faults: { ...faults, errors } })
  }
  /** Some time between two publishes, different in each story. */
  const wait = (t: TestHub): void => {
    if (t.random.number() < 0.3) t.clock.advance(Math.floor(t.random.number() * 8))
  }

  it.each(seeds)(
    '[M-4] from four connections of a user take one offset and reach each member once (seed %i)',
    (seed) => {
      const t = start(seed)
      const clients = Array.from({ length: 4 }, () => t.client('alice'))
      const bob = t.client('bob')
      for (const client of [...clients.slice(1), bob]) t.join(client, 'r')
      for (let i = 0; i < 40; i += 1) {
        const client = clients[i % 4]
        if (client !== undefined) t.hub.publisher.publish(client.c, { room: 'r', data: { n: 1 }, key: 'k' }, i + 1)
        wait(t)
      }
      t.settle()
      const replies = clients.flatMap(({ socket }) => socket.frames.filter(({ id }) => id !== undefined))
      expect(replies.map(({ ok }) => ok)).toEqual(Array.from({ length: 40 }, () => ({ offset: 1 })))
      for (const { socket } of [...clients.slice(1), bob]) expect(socket.offsets('r')).toEqual([1])
      expect([t.hub.books.published, t.hub.rooms.get('r')?.offset]).toEqual([1, 1])
      // No reply stands before the message that it numbers.
      for (const { socket } of clients.slice(1)) {
        const at = socket.frames.findIndex(({ event }) => event === 'message')
        expect(socket.frames.slice(0, at).filter(({ id }) => id !== undefined)).toEqual([])
      }
    },
  )

  it.each(seeds)('[M-4] from a service are one message too, and no user’s (seed %i)', (seed) => {
    const t = start(seed)
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(bob, 'r')
    const outcomes: ServerPublishOutcome[] = []
    for (let i = 0; i < 40; i += 1) {
      const message = { data: '1', key: 'k', scope: 'key:s', service: 's' }
      t.hub.publisher.publishFromServer('r', message, (outcome) => outcomes.push(outcome))
      if (i === 20) t.hub.publisher.publish(alice.c, { room: 'r', data: 1, key: 'k' }, 1)
      wait(t)
    }
    t.settle()
    const [first] = outcomes
    expect(outcomes).toEqual([
      { ok: true, epoch: first?.ok === true ? first.epoch : '', offset: 1, members: 1, duplicate: false },
      ...Array.from({ length: 39 }, () => ({ ...first, duplicate: true })),
    ])
    expect(alice.socket.reply(1)).toEqual({ id: 1, ok: { offset: 2 } })
    expect(bob.socket.of('message').map(({ offset, from }) => [offset, from])).toEqual([
      [1, { service: 's' }],
      [2, { user: 'alice' }],
    ])
  })

  it.each(seeds)('[M-4] never become two, however many of them fail or do not know (seed %i)', (seed) => {
    const t = start(seed, true)
    const clients = Array.from({ length: 4 }, () => t.client('alice'))
    const bob = t.client('bob')
    while (t.join(bob, 'r').ok === undefined) t.clock.advance(1)
    for (let i = 0; i < 40; i += 1) {
      const client = clients[i % 4]
      if (client !== undefined) t.hub.publisher.publish(client.c, { room: 'r', data: 1, key: 'k' }, i + 1)
      wait(t)
    }
    t.settle()
    const replies = clients.flatMap(({ socket }) => socket.frames.filter(({ id }) => id !== undefined))
    expect(replies).toHaveLength(40)
    for (const { ok, error } of replies) {
      if (ok === undefined) expect(['unknown_outcome', 'unavailable']).toContain((error as { code: string }).code)
      else expect(ok).toEqual({ offset: 1 })
    }
    expect(replies.filter(({ ok }) => ok !== undefined).length).toBeGreaterThan(20)
    expect(bob.socket.offsets('r')).toEqual([1])
  })
})

describe.each(busModes)('a publish key over $mode', ({ faults }) => {
  const start = (): TestHub => new TestHub(faults === undefined ? {} : { faults })

  it('[M-4] takes the same fields in another order for other data', () => {
    const t = start()
    const { c, socket } = t.client()
    t.hub.publisher.publish(c, { room: 'r', data: { a: 1, b: 2 }, key: 'k' }, 1)
    t.hub.publisher.publish(c, { room: 'r', data: { b: 2, a: 1 }, key: 'k' }, 2)
    t.hub.publisher.publish(c, { room: 'r', data: { a: 1, b: 2 }, key: 'k' }, 3)
    t.settle()
    expect(socket.reply(2)).toMatchObject({ error: { code: 'key_conflict' } })
    for (const id of [1, 3]) expect(socket.reply(id)).toEqual({ id, ok: { offset: 1 } })
  })

  it('[M-4] answers with the original offset, also in a later epoch', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    const { epoch } = t.join(bob, 'r').ok ?? {}
    for (const data of ['x', 'y']) t.hub.publisher.publish(alice.c, { room: 'r', data, key: data }, undefined)
    t.settle()
    t.bus.clear('r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 'z' }, 1)
    t.hub.publisher.publish(alice.c, { room: 'r', data: 'y', key: 'y' }, 2)
    t.settle()
    expect(t.hub.rooms.get('r')?.epoch).not.toBe(epoch)
    expect([1, 2].map((id) => alice.socket.reply(id)?.['ok'])).toEqual([{ offset: 1 }, { offset: 2 }])
    expect(bob.socket.of('message').map(({ data }) => data)).toEqual(['x', 'y', 'z'])
  })

  it('[I-8] of an API key is the same on its connections as over REST, and no other key’s', () => {
    const t = start()
    const [first, second] = ['k1', 'k2'].map((id) => {
      const client = t.open()
      t.authenticate(client, { ...t.token(`key:${id}`), service: 'billing' })
      return client
    })
    const bob = t.client('bob')
    t.join(bob, 'r')
    const message = { data: '{"n":1}', key: 'k', scope: 'key:k1', service: 'billing' }
    const overRest = t.await<ServerPublishOutcome>((done) => t.hub.publisher.publishFromServer('r', message, done))
    for (const client of [first, second]) {
      if (client !== undefined) t.hub.publisher.publish(client.c, { room: 'r', data: { n: 1 }, key: 'k' }, 1)
    }
    t.settle()
    expect(overRest).toMatchObject({ offset: 1, duplicate: false })
    expect([first, second].map((client) => client?.socket.reply(1)?.['ok'])).toEqual([{ offset: 1 }, { offset: 2 }])
    const from = { service: 'billing' }
    expect(bob.socket.of('message')).toMatchObject([
      { offset: 1, from },
      { offset: 2, from },
    ])
  })
})
