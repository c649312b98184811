import { closeReasonNames, closeReasons, limits, type CloseReason } from '@gatehouse/protocol'
import { describe, expect, it } from 'vitest'
import { builtInRoomType } from '../room-types/room-type.js'
import { FakeSocket } from '../testing/fake-socket.js'
import { TestHub } from '../testing/test-hub.js'

describe('a disconnect', () => {
  it('[C-3] flushes, tells why, closes and leaves one record', () => {
    const t = new TestHub()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'r')
    t.hub.publisher.publish(bob.c, { room: 'r', data: 'last' }, undefined)
    let outcome: unknown
    t.hub.closer.disconnect(
      alice.c,
      'kicked',
      { actor: 'olga', message: 'Enough', retryAfterMs: 5_000 },
      { done: (how) => (outcome = how) },
    )
    const frames = alice.socket.frames.slice(-2)
    expect(frames[0]).toMatchObject({ event: 'message', data: 'last' })
    expect(frames[1]).toEqual({
      event: 'disconnect',
      code: 4504,
      reason: 'kicked',
      connection: alice.c.id,
      retryAfterMs: 5_000,
      message: 'Enough',
      sentence: 'An operator disconnected the client, saying “Enough”.',
    })
    expect(alice.socket.closed).toEqual({ code: 4504, text: `kicked ${alice.c.id}` })
    expect(outcome).toEqual({ forced: false, clean: true })
    expect(t.records.of(alice.c.id)).toMatchObject({
      reason: 'kicked',
      code: 4504,
      user: 'alice',
      clean: true,
      rooms: ['r'],
      evidence: { actor: 'olga', message: 'Enough' },
      deliveries: { enqueued: 1, written: 1, dropped: 0, discarded: 0 },
      pendingBytes: 0,
    })
    expect(t.hub.connections.has(alice.c.id)).toBe(false)
    expect(t.hub.books.closedByReason.kicked).toBe(1)
  })

  it('waits for a slow reader up to flushMs, then says why all the same', () => {
    const t = new TestHub()
    const socket = new FakeSocket(false)
    const client = t.open({}, socket)
    t.authenticate(client, t.token('alice'))
    t.join(client, 'r')
    for (let i = 0; i < 12; i += 1) {
      t.hub.publisher.publish(client.c, { room: 'r', data: 'x'.repeat(16_384) }, undefined)
      t.clock.settle()
    }
    t.hub.closer.disconnect(client.c, 'drain', {}, { flushMs: 2_000 })
    expect(socket.closed).toBeNull()
    t.clock.advance(1_500)
    expect(socket.closed).toBeNull()
    t.clock.advance(1_000)
    expect(socket.closed?.code).toBe(1012)
    const record = t.records.of(client.c.id)
    expect(record.deliveries.discarded).toBeGreaterThan(0)
    expect(record.deliveries.enqueued).toBe(12)
    expect(record.pendingBytes).toBeGreaterThan(180_000)
    expect(socket.parcels.at(-1)?.payloads.at(-1)?.toString()).toContain('"event":"disconnect"')
  })

  it('closes as soon as all was written', () => {
    const t = new TestHub()
    const socket = new FakeSocket(false)
    const client = t.open({}, socket)
    t.hub.replier.push(client.c, { event: 'notice', message: 'Maintenance' })
    t.hub.closer.disconnect(client.c, 'drain', {})
    expect(socket.closed).toBeNull()
    socket.flush()
    expect(socket.closed?.code).toBe(1012)
  })

  it('cuts a client that does not answer the close frame, and says so', () => {
    const t = new TestHub()
    const client = t.client()
    client.socket.onClose = () => {}
    const outcomes: unknown[] = []
    t.hub.closer.disconnect(client.c, 'drain', {}, { done: (how) => outcomes.push(how) })
    t.clock.advance(2_500)
    expect(client.socket.isTerminated).toBe(false)
    t.clock.advance(1_000)
    expect(client.socket.isTerminated).toBe(true)
    expect(outcomes).toEqual([{ forced: true, clean: false }])
    expect(t.records.of(client.c.id)).toMatchObject({ clean: false, evidence: { forced: true } })
  })

  it('closes the books of a socket that never reports its end', () => {
    const t = new TestHub()
    const client = t.client()
    client.socket.onClose = () => {}
    client.socket.onTerminate = () => {}
    t.hub.closer.disconnect(client.c, 'drain', {})
    t.clock.advance(6_000)
    expect(t.records.of(client.c.id).reason).toBe('drain')
    t.hub.closer.socketClosed(client.c, { code: 1006, text: '', hadCloseFrame: false })
    expect(t.records.closes).toHaveLength(1)
  })

  it('[U-2] keeps the first reason, and calls every done once', () => {
    const t = new TestHub()
    const client = t.client()
    client.socket.onClose = () => {}
    const done: number[] = []
    t.hub.closer.disconnect(client.c, 'kicked', {}, { done: () => done.push(1) })
    t.hub.closer.disconnect(client.c, 'drain', {}, { done: () => done.push(2) })
    t.hub.closer.disconnect(client.c, 'protocol_error', {})
    t.hub.closer.socketClosed(client.c, { code: 1006, text: '', error: 'ECONNRESET', hadCloseFrame: false })
    t.hub.closer.disconnect(client.c, 'drain', {}, { done: () => done.push(3) })
    expect(done).toEqual([1, 2, 3])
    expect(t.records.closes.map(({ reason }) => reason)).toEqual(['kicked'])
    expect(t.hub.books.snapshot()).toMatchObject({ opened: 1, open: 0, closed: 1 })
  })

  it('sends nothing after the disconnect push', () => {
    const t = new TestHub()
    const [alice, bob] = [t.client('alice'), t.client('bob')]
    t.join(alice, 'r')
    alice.socket.onClose = () => {}
    t.hub.closer.disconnect(alice.c, 'kicked', {})
    t.hub.publisher.publish(bob.c, { room: 'r', data: 1 }, undefined)
    t.hub.replier.reply(alice.c, 5, {})
    t.hub.replier.push(alice.c, { event: 'notice', message: 'hello' })
    t.hub.publisher.publish(alice.c, { room: 'r', data: 2 }, 6)
    t.settle()
    expect(alice.socket.frames.at(-1)?.event).toBe('disconnect')
  })

  it.each([
    [{ code: 1000, hadCloseFrame: true }, 'client_close', 1000],
    [{ code: 1001, hadCloseFrame: true }, 'client_going_away', 1001],
    [{ code: 1005, hadCloseFrame: true }, 'client_no_status', 1005],
    [{ code: 4321, hadCloseFrame: true }, 'client_app_code', 4321],
    [{ code: 1006, hadCloseFrame: false }, 'abnormal_eof', 1006],
    [{ code: 1006, hadCloseFrame: false, error: 'ECONNRESET' }, 'abnormal_reset', 1006],
  ] as const)('explains an end that the client or the network began: %o', (how, reason, code) => {
    const t = new TestHub()
    const { c } = t.client()
    t.hub.closer.socketClosed(c, { text: '', ...how })
    expect(t.records.of(c.id)).toMatchObject({ reason, code, clean: how.hadCloseFrame })
  })

  it('calls it a write error when writing is what failed', () => {
    const t = new TestHub()
    const socket = new FakeSocket(false)
    const { c } = t.open({}, socket)
    t.hub.replier.push(c, { event: 'notice', message: 'x' })
    socket.fail('EPIPE')
    t.hub.closer.socketClosed(c, { code: 1006, text: '', hadCloseFrame: false })
    expect(t.records.of(c.id)).toMatchObject({ reason: 'write_error', evidence: { error: 'EPIPE' } })
  })

  it('does not take our own write after the end for its cause', () => {
    const t = new TestHub()
    const { c, socket } = t.client()
    socket.fail(null)
    t.hub.replier.push(c, { event: 'notice', message: 'x' })
    t.settle()
    t.hub.closer.socketClosed(c, { code: 1006, text: '', hadCloseFrame: false })
    expect(t.records.of(c.id)).toMatchObject({ reason: 'abnormal_eof' })
    expect(t.records.of(c.id).evidence).not.toHaveProperty('error')
  })

  it.each(closeReasonNames.filter((reason) => closeReasons[reason].code !== null))(
    '[C-2] [C-3] can close as %s with a close text that fits',
    (reason: CloseReason) => {
      const t = new TestHub()
      const client = t.open({ id: 'c'.repeat(26) })
      t.hub.closer.disconnect(client.c, reason, {})
      t.clock.advance(2_500)
      const { code } = closeReasons[reason]
      const isSayable = code !== 1005 && code !== 1006
      expect(client.socket.closed).toEqual(isSayable ? { code, text: `${reason} ${client.c.id}` } : null)
      expect(client.socket.isTerminated).toBe(!isSayable)
      expect(Buffer.byteLength(client.socket.closed?.text ?? '')).toBeLessThanOrEqual(limits.closeTextBytes)
      expect(t.records.closes.map((record) => record.reason)).toEqual([reason])
    },
  )

  it('keeps as much of an address as RECORD_IP allows', () => {
    const kept = (['full', 'prefix', 'none'] as const).map((recordAddress) => {
      const t = new TestHub({ settings: { recordAddress } })
      const { c } = t.open({ address: '203.0.113.77' })
      t.hub.closer.socketClosed(c, { code: 1000, text: '', hadCloseFrame: true })
      return t.records.of(c.id).address
    })
    expect(kept).toEqual(['203.0.113.77', '203.0.113.0/24', null])
  })

  it('disconnects all connections that a ban matches', () => {
    const t = new TestHub()
    const clients = ['mallory', 'mallory', 'alice'].map((user) => t.client(user))
    const hit = { id: 'ban-1', kind: 'user', expiresAt: 1_800_000_000_000, message: null } as const
    expect(t.hub.closer.ban(hit, ({ user }) => user === 'mallory')).toBe(2)
    expect(t.records.closes.map(({ reason }) => reason)).toEqual(['banned', 'banned'])
    expect(clients[0]!.socket.of('disconnect')[0]).toMatchObject({ code: 4505, expiresAt: hit.expiresAt })
    expect(clients[2]!.c.closing).toBeNull()
  })

  it('keeps the newest 16 events of a timeline after its opening', () => {
    const t = new TestHub({ settings: { roomTypes: [builtInRoomType] } })
    const client = t.client()
    for (let i = 0; i < 12; i += 1) {
      t.join(client, `r${i}`)
      t.leave(client, `r${i}`)
    }
    const timeline = client.c.timeline()
    expect(timeline).toHaveLength(18)
    expect(timeline[0]?.kind).toBe('opened')
    expect(timeline[2]).toMatchObject({ kind: 'joined', detail: 'r4' })
    expect(timeline.at(-1)).toMatchObject({ kind: 'left', detail: 'r11' })
  })
})
