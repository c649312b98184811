import { describe, expect, it } from 'vitest'
import { TestHub, type TestHubOptions } from '../testing/test-hub.js'

const start = (settings: TestHubOptions['settings'] = {}): TestHub => new TestHub({ settings })

describe('the sweep', () => {
  it('[B-3] pings each connection every 25 s, the first time at any moment within the first 25 s', () => {
    const t = start()
    const clients = Array.from({ length: 80 }, (_, i) => t.client(`u${i}`))
    const pinged = (): number => clients.filter(({ socket }) => socket.pings > 0).length
    const newly = [5_000, 5_000, 5_000, 5_000].map((ms) => {
      const before = pinged()
      t.clock.advance(ms)
      return pinged() - before
    })
    for (const count of newly) expect(count).toBeGreaterThan(5)
    t.clock.advance(6_000)
    expect(pinged()).toBe(80)
    const before = clients.map(({ socket }) => socket.pings)
    t.clock.advance(251_000)
    for (const [i, { socket }] of clients.entries()) {
      expect(socket.pings - (before[i] ?? 0)).toBeGreaterThanOrEqual(9)
      expect(socket.pings - (before[i] ?? 0)).toBeLessThanOrEqual(11)
    }
    expect(t.hub.books.rttMs.total).toBe(clients.reduce((sum, { socket }) => sum + socket.pings, 0))
  })

  it('[B-3] closes a connection that does not answer a ping within 10 s', () => {
    const t = start()
    const client = t.client()
    client.socket.answersPings = false
    t.clock.advance(25_500)
    expect(client.socket.pings).toBe(1)
    t.clock.advance(12_000)
    const record = t.records.of(client.c.id)
    expect(record).toMatchObject({ reason: 'ping_timeout', code: 4000 })
    expect(record.evidence.silentMs).toBeGreaterThanOrEqual(10_000)
  })

  it('[B-3] takes any inbound byte as a sign of life', () => {
    const t = start()
    const client = t.client()
    client.socket.answersPings = false
    for (let i = 0; i < 60; i += 1) {
      t.clock.advance(2_000)
      t.hub.heard(client.c)
    }
    expect(client.c.closing).toBeNull()
  })

  it('measures the round trip', () => {
    const t = start()
    const client = t.client()
    client.socket.answersPings = false
    while (client.socket.pings === 0) t.clock.advance(250)
    t.clock.advance(42)
    t.hub.ponged(client.c)
    expect(client.c.health.rttMs).toBe(42)
    t.hub.ponged(client.c)
    expect(t.hub.books.rttMs.total).toBe(1)
  })

  it('[B-3] calls an overdue pong behind a full outbox a slow consumer', () => {
    const t = start({ outboxMaxAgeMs: 600_000 })
    const [client, writer] = [t.client('a'), t.client('b')]
    t.join(client, 'r')
    client.socket.answersPings = false
    client.socket.freeze()
    for (let i = 0; i < 20; i += 1) {
      t.hub.publisher.publish(writer.c, { room: 'r', data: 'x'.repeat(20_000) }, undefined)
      t.clock.settle()
    }
    t.clock.advance(40_000)
    expect(t.records.of(client.c.id).reason).toBe('slow_consumer_deadline')
  })

  it('[B-3] judges no connection while our own loop lags', () => {
    const t = start()
    const client = t.client()
    client.socket.answersPings = false
    while (client.socket.pings === 0) t.clock.advance(250)
    t.clock.stall(30_000)
    t.clock.advance(900)
    expect(client.c.closing).toBeNull()
    expect(t.hub.books.verdictsSuspended).toBeGreaterThan(0)
    t.hub.ponged(client.c)
    t.clock.advance(5_000)
    expect(client.c.closing).toBeNull()
  })

  it('does not hold silence against a socket that we paused', () => {
    const t = start()
    const client = t.client()
    client.socket.answersPings = false
    client.c.pause('edge')
    t.clock.advance(60_000)
    expect(client.c.closing).toBeNull()
  })

  it('[O-2] [I-6] closes connections that do not authenticate within 10 s', () => {
    const t = start()
    const stranger = t.open()
    t.clock.advance(9_000)
    expect(stranger.c.closing).toBeNull()
    t.clock.advance(2_000)
    expect(t.records.of(stranger.c.id)).toMatchObject({
      reason: 'auth_timeout',
      code: 4010,
      evidence: { limit: 10_000 },
    })
  })

  it('closes idle connections only where that is set, and counts only frames of the application', () => {
    const t = start({ idleTimeoutMs: 60_000 })
    const [idle, busy] = [t.client('idle'), t.client('busy')]
    for (let i = 0; i < 12; i += 1) {
      t.clock.advance(10_000)
      t.hub.heard(idle.c)
      t.hub.received(busy.c, 10)
    }
    expect(t.records.of(idle.c.id)).toMatchObject({ reason: 'idle_timeout', code: 4001 })
    expect(busy.c.closing).toBeNull()
  })

  it('ends connections at their longest lifetime, but not all at once', () => {
    const t = start({ maxLifetimeMs: 100_000 })
    const clients = Array.from({ length: 20 }, (_, i) => t.client(`u${i}`))
    t.clock.advance(95_000)
    const ended = t.records.closes.length
    expect(ended).toBeGreaterThan(0)
    expect(ended).toBeLessThan(20)
    t.clock.advance(6_000)
    expect(new Set(t.records.closes.map(({ reason }) => reason))).toEqual(new Set(['max_lifetime']))
    expect(clients.every(({ c }) => c.isClosed)).toBe(true)
  })

  it('keeps rates of connections and rooms as means of about 5 s', () => {
    const t = start({ messageRate: 0 })
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'r')
    for (let i = 0; i < 300; i += 1) {
      t.hub.received(bob.c, 10)
      t.hub.publisher.publish(bob.c, { room: 'r', data: 1 }, undefined)
      t.clock.advance(100)
    }
    expect(bob.c.health.inRate).toBeGreaterThan(9)
    expect(bob.c.health.inRate).toBeLessThan(11)
    expect(alice.c.health.outRate).toBeGreaterThan(9)
    expect(t.hub.rooms.get('r')?.rate).toBeGreaterThan(9)
    t.clock.advance(60_000)
    expect([bob.c.health.inRate, alice.c.health.outRate, t.hub.rooms.get('r')?.rate]).toEqual([0, 0, 0])
  })

  it('needs one timer, however many connections there are', () => {
    const t = start()
    const before = t.clock.timerCount
    for (let i = 0; i < 50; i += 1) t.client(`u${i}`)
    expect(t.clock.timerCount).toBe(before)
    t.hub.stop()
    expect(t.clock.timerCount).toBe(before - 1)
  })

  it('takes no more rooms than the node may have, and forgets unused ones', () => {
    const t = start({ maxRooms: 3 })
    const alice = t.client()
    for (let i = 0; i < 3; i += 1) t.hub.publisher.publish(alice.c, { room: `r${i}`, data: 1 }, i + 1)
    expect(t.join(alice, 'r3').error).toMatchObject({ code: 'unavailable', retryAfterMs: 60_000 })
    t.clock.advance(62_000)
    expect(t.hub.rooms.size).toBe(0)
    expect(t.join(alice, 'r3').ok).toBeDefined()
  })

  it('reopens a room here when the room states say so', () => {
    const t = start()
    const alice = t.client()
    t.join(alice, 'r')
    const closed = { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null }
    t.roomStates.rooms.set('r', closed)
    t.hub.roomClosing.close('r', closed)
    t.clock.advance(120_000)
    expect(t.hub.rooms.has('r')).toBe(true)
    t.roomStates.rooms.delete('r')
    t.clock.advance(65_000)
    expect(t.hub.rooms.has('r')).toBe(false)
  })
})
