import { describe, expect, it } from 'vitest'
import { builtInRoomType } from '../room-types/room-type.js'
import { TestHub, type TestClient } from '../testing/test-hub.js'

/** Sends `rate` frames a second for `seconds`, and answers how many were let through. */
function send(t: TestHub, { c }: TestClient, rate: number, seconds: number): number {
  let taken = 0
  for (let i = 0; i < seconds * 20; i += 1) {
    for (let frame = 0; frame < rate / 20; frame += 1) if (t.hub.limiter.take(c, 1) === 0) taken += 1
    t.clock.advance(50)
  }
  return taken
}

describe('rate limits', () => {
  it('[L-1] lets a burst through, then the rate, and says how long to wait', () => {
    const t = new TestHub()
    const { c } = t.client()
    const waits = Array.from({ length: 101 }, () => t.hub.limiter.take(c, 1))
    expect(waits.slice(0, 100).every((wait) => wait === 0)).toBe(true)
    expect(waits[100]).toBe(20)
    t.clock.advance(20)
    expect(t.hub.limiter.take(c, 1)).toBe(0)
    expect(t.hub.limiter.take(c, 1)).toBeGreaterThan(0)
    expect(t.hub.books.rateLimited).toBe(2)
  })

  it('[L-1] admits in any time no more than rate and burst', () => {
    const t = new TestHub()
    expect(send(t, t.client(), 90, 10)).toBeLessThanOrEqual(100 + 50 * 10)
  })

  it('[L-1] shares five times the rate among the connections of a user', () => {
    const t = new TestHub({ settings: { maxConnectionsPerUser: 0 } })
    const clients = Array.from({ length: 10 }, () => t.client('alice'))
    let taken = 0
    for (const { c } of clients) for (let i = 0; i < 100; i += 1) if (t.hub.limiter.take(c, 1) === 0) taken += 1
    expect(taken).toBe(500)
    expect(t.hub.limiter.take(t.client('bob').c, 1)).toBe(0)
  })

  it('[L-1] shares five times the rate among the connections of an address', () => {
    const t = new TestHub()
    const facts = { addressGroup: '2001:db8:0:1::/64' }
    const connections = Array.from({ length: 10 }, (_, i) => {
      const client = t.open(facts)
      t.authenticate(client, t.token(`u${i}`))
      return client.c
    })
    let taken = 0
    for (const c of connections) for (let i = 0; i < 100; i += 1) if (t.hub.limiter.take(c, 1) === 0) taken += 1
    expect(taken).toBe(500)
  })

  it('[L-2] pauses the socket after 2 s over twice the rate, and resumes when the bucket is full', () => {
    const t = new TestHub()
    const client = t.client()
    send(t, client, 80, 5)
    expect(client.socket.pauses).toBe(0)
    send(t, client, 200, 1.5)
    expect(client.socket.isPaused).toBe(false)
    send(t, client, 200, 1.5)
    expect(client.socket.isPaused).toBe(true)
    expect(client.c.isPaused).toBe(true)
    t.clock.advance(2_500)
    expect(client.socket.isPaused).toBe(false)
    expect(t.hub.limiter.take(client.c, 1)).toBe(0)
    expect(
      client.c
        .timeline()
        .map(({ kind }) => kind)
        .slice(-2),
    ).toEqual(['paused', 'resumed'])
  })

  it('[L-2] closes as rate_limited after three pauses in a minute', () => {
    const t = new TestHub()
    const client = t.client()
    for (let i = 0; i < 40 && client.c.closing === null; i += 1) {
      if (client.socket.isPaused) t.clock.advance(1_000)
      else send(t, client, 200, 1)
    }
    expect(client.socket.pauses).toBe(3)
    expect(t.records.of(client.c.id)).toMatchObject({ reason: 'rate_limited', code: 4005 })
    expect(client.socket.of('disconnect')[0]).toMatchObject({ retryAfterMs: 2_000 })
  })

  it('[L-2] pauses at once when more than burst and twice the rate of 2 s came within 2 s', () => {
    const t = new TestHub()
    const client = t.client()
    for (let frame = 0; frame < 300; frame += 1) t.hub.limiter.take(client.c, 1)
    expect(client.socket.isPaused).toBe(false)
    for (let frame = 0; frame < 19_700; frame += 1) t.hub.limiter.take(client.c, 1)
    expect([client.c.isPaused, client.socket.pauses, client.c.closing]).toEqual([true, 1, null])
    t.clock.advance(2_500)
    expect(client.socket.isPaused).toBe(false)
    expect(t.hub.limiter.take(client.c, 1)).toBe(0)
  })

  it('never pauses a client that sends its burst at once, rests and sends it again', () => {
    const t = new TestHub()
    const client = t.client()
    for (let round = 0; round < 20; round += 1) {
      for (let frame = 0; frame < 100; frame += 1) expect(t.hub.limiter.take(client.c, 1)).toBe(0)
      t.clock.advance(2_000)
    }
    expect(client.socket.pauses).toBe(0)
  })

  it('[L-2] closes a client after three pauses in a minute for such bursts, and forgives older pauses', () => {
    const t = new TestHub()
    const [often, seldom] = [t.client('alice'), t.client('bob')]
    const burst = ({ c }: TestClient): void => {
      for (let frame = 0; frame < 20_000; frame += 1) t.hub.limiter.take(c, 1)
    }
    for (let round = 0; round < 4; round += 1) {
      expect(often.c.closing).toBeNull()
      burst(often)
      t.clock.advance(6_000)
    }
    expect(often.socket.pauses).toBe(3)
    expect(t.records.of(often.c.id)).toMatchObject({ reason: 'rate_limited', code: 4005 })
    for (let round = 0; round < 6; round += 1) {
      burst(seldom)
      t.clock.advance(25_000)
    }
    expect([seldom.socket.pauses, seldom.c.closing]).toEqual([6, null])
  })

  it('[L-2] answers at most a hundred frames of a paused connection one by one, the rest by one push a second', () => {
    const t = new TestHub()
    const { c, socket } = t.client()
    const error = { code: 'rate_limited', message: 'x', retryAfterMs: 1 } as const
    for (let id = 1; id <= 301; id += 1) t.hub.limiter.take(c, 1)
    for (let id = 1; id <= 5_000; id += 1) t.hub.replier.fail(c, id, error)
    expect(socket.reply(100)).toMatchObject({ error })
    expect(socket.reply(101)).toBeUndefined()
    t.clock.advance(1_300)
    expect(socket.of('error').map(({ count }) => count)).toEqual([1, 4_899])
    expect(c.health.errors).toBe(5_000)
  })

  it('keeps a socket paused while either the rate or the edge asks for it', () => {
    const t = new TestHub()
    const { c, socket } = t.client()
    c.pause('edge')
    c.pause('edge')
    expect([socket.isPaused, socket.pauses, c.isPaused]).toEqual([true, 1, false])
    c.resume('edge')
    expect(socket.isPaused).toBe(false)
  })

  it('[L-3] slows refused joins down after ten a minute, and closes at the thirtieth', () => {
    const t = new TestHub()
    const client = t.client('alice', { ok: ['join'] })
    const answers = Array.from({ length: 10 }, (_, i) => t.join(client, `secret${i}`).error)
    expect(answers.every((error) => error?.code === 'forbidden')).toBe(true)
    const waits = Array.from({ length: 5 }, () => t.join(client, 'secret').error)
    expect(waits.map((error) => error?.code)).toEqual(Array.from({ length: 5 }, () => 'rate_limited'))
    expect(waits.map((error) => error?.retryAfterMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000])
    for (let i = 0; i < 20 && client.c.closing === null; i += 1) t.join(client, 'secret')
    expect(t.records.of(client.c.id)).toMatchObject({ reason: 'too_many_errors', code: 4511, evidence: { value: 30 } })
  })

  it('forgives refused joins in time, and never counts full or closed rooms', () => {
    const t = new TestHub({ settings: { roomTypes: [{ ...builtInRoomType, memberLimit: 0 }] } })
    const client = t.client()
    for (let i = 0; i < 60; i += 1) expect(t.join(client, 'full').error?.code).toBe('room_full')
    expect(client.c.closing).toBeNull()
    const other = t.client('bob', {})
    for (let i = 0; i < 60; i += 1) {
      expect(t.join(other, 'secret').error?.code).toBe('forbidden')
      t.clock.advance(6_000)
    }
    expect(other.c.closing).toBeNull()
  })

  it('holds the publish rate of a room for all clients together', () => {
    const t = new TestHub({ settings: { roomTypes: [{ ...builtInRoomType, publishRate: 3 }] } })
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    for (let i = 1; i <= 4; i += 1) t.hub.publisher.publish((i % 2 === 0 ? alice : bob).c, { room: 'r', data: i }, i)
    expect(alice.socket.reply(4)).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 334 } })
  })
})

describe('wrong frames', () => {
  it('[F-7] close at the tenth in a minute, after its answer', () => {
    const t = new TestHub()
    const client = t.client()
    for (let i = 1; i <= 9; i += 1) t.hub.replier.fail(client.c, i, { code: 'bad_request', message: 'x' })
    t.clock.advance(61_000)
    for (let i = 11; i <= 19; i += 1) t.hub.replier.fail(client.c, i, { code: 'unknown_event', message: 'x' })
    expect(client.c.closing).toBeNull()
    t.hub.replier.fail(client.c, 20, { code: 'bad_request', message: 'x' })
    expect(client.socket.reply(20)).toBeDefined()
    expect(t.records.of(client.c.id)).toMatchObject({ reason: 'too_many_errors', evidence: { value: 10, limit: 10 } })
  })

  it('do not include well-formed frames that are refused', () => {
    const t = new TestHub()
    const client = t.client()
    for (let i = 1; i <= 50; i += 1)
      t.hub.replier.fail(client.c, i, { code: 'rate_limited', message: 'x', retryAfterMs: 1 })
    expect(client.c.closing).toBeNull()
    expect(client.c.health.errors).toBe(50)
    expect(t.hub.books.errorsByCode.rate_limited).toBe(50)
  })

  it('[F-3] without id are told by one error push a second, with their number', () => {
    const t = new TestHub()
    const client = t.client()
    for (let i = 0; i < 5; i += 1) t.hub.replier.fail(client.c, undefined, { code: 'forbidden', message: 'no' })
    expect(client.socket.of('error')).toEqual([{ event: 'error', code: 'forbidden', message: 'no', count: 1 }])
    t.clock.advance(2_100)
    expect(client.socket.of('error').map(({ count }) => count)).toEqual([1, 4])
  })
})
