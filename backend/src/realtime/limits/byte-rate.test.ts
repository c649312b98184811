import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TestHub, type TestClient } from '../testing/test-hub.js'

const KIB = 1_024
const FRAME = 64 * KIB
const RATE = 256 * KIB
const BURST = RATE

const start = (settings: Partial<TestHub['hub']['settings']> = {}): TestHub =>
  new TestHub({ settings: { messageRate: 0, byteRate: RATE, ...settings } })

/** Sends `frames` frames of `bytes` at once, and answers how many were let through. */
function send(t: TestHub, { c }: TestClient, frames: number, bytes = FRAME): number {
  let taken = 0
  for (let i = 0; i < frames; i += 1) if (t.hub.limiter.takeBytes(c, bytes) === 0) taken += 1
  return taken
}

describe('the rate of bytes', () => {
  it('[L-6] lets a second of it through at once, then the rate, and says how long to wait', () => {
    const t = start()
    const client = t.client()
    expect(send(t, client, 4)).toBe(4)
    expect(t.hub.limiter.takeBytes(client.c, FRAME)).toBe(250)
    t.clock.advance(248)
    expect(t.hub.limiter.takeBytes(client.c, FRAME)).toBeGreaterThan(0)
    t.clock.advance(3)
    expect(t.hub.limiter.takeBytes(client.c, FRAME)).toBe(0)
    expect(t.hub.books.rateLimited).toBe(2)
  })

  it('[L-6] takes two of the largest frames at once, however small it is', () => {
    const t = start({ byteRate: KIB })
    const client = t.client()
    expect(send(t, client, 3)).toBe(2)
    expect(client.c.isPaused).toBe(false)
  })

  it('sets no limit where it is 0', () => {
    const t = start({ byteRate: 0 })
    expect(send(t, t.client(), 10_000)).toBe(10_000)
  })

  it('is never reached by a client that fills its rate of messages with the largest frames', () => {
    const t = new TestHub()
    const { c, socket } = t.client()
    for (let i = 0; i < 3_000; i += 1) {
      expect([t.hub.limiter.takeBytes(c, FRAME), t.hub.limiter.take(c, 1)]).toEqual([0, 0])
      t.clock.advance(20)
    }
    expect(socket.pauses).toBe(0)
  })

  it('[L-6] is shared fivefold among the connections of a user, and of an address', () => {
    const t = start({ maxConnectionsPerUser: 0 })
    const ofUser = Array.from({ length: 8 }, () => t.client('alice'))
    expect(ofUser.reduce((sum, client) => sum + send(t, client, 4), 0)).toBe(20)
    const ofAddress = Array.from({ length: 8 }, (_, at) => {
      const client = t.open({ addressGroup: '192.0.2.7' })
      t.authenticate(client, t.token(`u${at}`))
      return client
    })
    expect(ofAddress.reduce((sum, client) => sum + send(t, client, 4), 0)).toBe(20)
    expect(send(t, t.client('bob'), 4)).toBe(4)
  })

  it('[L-6] counts each refused frame once against the rate of messages too', () => {
    const t = start({ messageRate: 50, messageBurst: 100 })
    const client = t.client()
    send(t, client, 4)
    expect(send(t, client, 200, 2_000)).toBe(0)
    expect(t.hub.books.rateLimited).toBe(200)
    expect(t.hub.limiter.take(client.c, 1)).toBeGreaterThan(0)
  })

  it('[L-6] pauses at once a client that sends far over it, and resumes when the bucket is full', () => {
    const t = start()
    const client = t.client()
    send(t, client, 20)
    expect(client.socket.isPaused).toBe(false)
    send(t, client, 1)
    expect(client.socket.isPaused).toBe(true)
    t.clock.advance(1_400)
    expect(client.socket.isPaused).toBe(false)
    expect(send(t, client, 1)).toBe(1)
  })

  it('[L-6] pauses after 2 s over twice the rate', () => {
    const t = start()
    const client = t.client()
    for (let i = 0; i < 50; i += 1) {
      send(t, client, 1, 60 * KIB)
      t.clock.advance(100)
    }
    expect(client.socket.pauses).toBeGreaterThanOrEqual(1)
    expect(client.c.timeline()).toContainEqual(expect.objectContaining({ kind: 'paused', detail: 'bytes a second' }))
  })

  it('[L-6] closes as rate_limited after three pauses in a minute, and says that it was bytes', () => {
    const t = start()
    const client = t.client()
    for (let round = 0; round < 4; round += 1) {
      expect(client.c.closing).toBeNull()
      send(t, client, 30)
      t.clock.advance(3_000)
    }
    expect(client.socket.pauses).toBe(3)
    expect(t.records.of(client.c.id)).toMatchObject({
      reason: 'rate_limited',
      code: 4005,
      evidence: { limit: RATE, rule: 'bytes a second', retryAfterMs: 1_000 },
    })
    expect(client.socket.of('disconnect')[0]).toMatchObject({ retryAfterMs: 1_000 })
  })

  it('[L-6] admits in any time no more than rate and burst, and refuses no frame that waited as told', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: FRAME }), restMs: fc.integer({ min: 0, max: 400 }) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        const t = start()
        const { c } = t.client()
        const admitted: { readonly atMs: number; readonly bytes: number }[] = []
        for (const { bytes, restMs } of steps) {
          if (c.closing !== null) break
          let waitMs = t.hub.limiter.takeBytes(c, bytes)
          if (waitMs > 0 && c.closing === null) {
            t.clock.advance(waitMs)
            waitMs = t.hub.limiter.takeBytes(c, bytes)
            expect(waitMs).toBe(0)
          }
          if (waitMs === 0) admitted.push({ atMs: t.clock.nowMs(), bytes })
          t.clock.advance(restMs)
        }
        for (const [from, first] of admitted.entries()) {
          let sum = 0
          for (const { atMs, bytes } of admitted.slice(from)) {
            sum += bytes
            // Half a byte of slack, since the bucket counts in fractions.
            expect(sum).toBeLessThanOrEqual(BURST + ((atMs - first.atMs) * RATE) / 1_000 + 0.5)
          }
        }
      }),
      { seed: 20261123, numRuns: 60 },
    )
  })
})
