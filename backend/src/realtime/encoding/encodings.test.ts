import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { HistoryData } from '@gatehouse/protocol'
import { MsgpackCodec } from '../../infra/msgpack/msgpack-codec.js'
import { builtInRoomType } from '../room-types/room-type.js'
import { type PayloadFault } from '../room-types/payload-fault.js'
import { FakeSocket } from '../testing/fake-socket.js'
import { busModes } from '../testing/modes.js'
import { TestHub, type TestClient, type TestHubOptions } from '../testing/test-hub.js'
import type { Answer } from '../replies/answer.js'
import type { HistoryOk } from '../rooms/history-reader.js'

afterEach(() => vi.restoreAllMocks())

/** As a compiled schema does it. */
const noBytes = (payload: unknown): PayloadFault | undefined =>
  payload instanceof Uint8Array ? { path: '', message: 'must be JSON, not bytes' } : undefined
const kept = { count: 100, bytes: 1_048_576, ageMs: 600_000 }
const roomTypes = [
  { ...builtInRoomType, pattern: 'kept:*', kind: 'recoverable', history: kept },
  { ...builtInRoomType, pattern: 'drop:*', slowPolicy: 'drop_oldest' },
  { ...builtInRoomType, pattern: 'inbox:*', own: true, kind: 'recoverable', history: kept },
  { ...builtInRoomType, pattern: 'typed:*', payloadFault: noBytes },
  builtInRoomType,
] as const

function start(options: TestHubOptions = {}): TestHub {
  return new TestHub({ ...options, settings: { roomTypes, messageRate: 0, ...options.settings } })
}

const packed = (t: TestHub, user: string, socket = new FakeSocket()): TestClient =>
  t.client(user, undefined, socket, 'msgpack')

/** Publishes what a client of either encoding sends, bytes on the wire and all. */
function publish(t: TestHub, { c }: TestClient, data: object, id?: number): void {
  const frame = { ...(id === undefined ? {} : { id }), event: 'publish', data }
  const bytes = c.encoding.isBinary ? Buffer.from(encode(frame)) : Buffer.from(JSON.stringify(frame))
  const { request, fault } = c.encoding.read(bytes)
  if (request?.event === 'publish') t.hub.publisher.publish(c, request.data, request.id)
  else t.hub.replier.fail(c, fault?.id, { code: fault?.code ?? 'internal', message: fault?.message ?? '' })
  t.settle()
}

/** The newest message a client was sent. */
const newest = ({ socket }: TestClient): unknown => socket.of('message').at(-1)

describe('a payload that is small in binary and large as text', () => {
  it('[F-8] is refused before anybody in the room would have to take it', () => {
    const t = start({ settings: { maxFrameBytes: 1_000 } })
    const [alice, bob] = [packed(t, 'alice'), t.client('bob')]
    t.join(bob, 'r')
    publish(t, alice, { room: 'r', data: Array.from({ length: 400 }, () => false) }, 1)
    publish(t, alice, { room: 'r', data: Array.from({ length: 100 }, () => false) }, 2)
    publish(t, alice, { room: 'r', data: new Uint8Array(900) }, 3)
    publish(t, alice, { room: 'r', data: '\u0001'.repeat(300) }, 4)
    expect([1, 2, 3, 4].map((id) => (alice.socket.reply(id)?.['error'] as { code: string } | undefined)?.code)).toEqual(
      ['too_large', undefined, undefined, 'too_large'],
    )
    expect(bob.socket.offsets('r')).toEqual([1, 2])
  })
})

describe('a room of both encodings', () => {
  it('makes one wire for each encoding of a turn, which all its members share, and encodes each message once', () => {
    const t = start()
    const text = ['a', 'b', 'c'].map((user) => t.client(user))
    const binary = ['d', 'e'].map((user) => packed(t, user))
    const all = [...text, ...binary]
    for (const client of all) t.join(client, 'r')
    const before = all.map(({ socket }) => socket.parcels.length)
    const encoded = vi.spyOn(MsgpackCodec.prototype, 'encode')
    for (let i = 0; i < 4; i += 1) t.hub.publisher.publish(text[0]!.c, { room: 'r', data: i }, undefined)
    t.clock.settle()
    const parcels = all.map(({ socket }, i) => socket.parcels.slice(before[i]))
    expect(parcels.map((own) => own.length)).toEqual([1, 1, 1, 1, 1])
    expect(new Set(parcels.map(([parcel]) => parcel?.wire)).size).toBe(2)
    expect(new Set(parcels.slice(0, 3).map(([parcel]) => parcel?.wire)).size).toBe(1)
    expect(new Set(parcels.slice(3).map(([parcel]) => parcel?.wire)).size).toBe(1)
    expect(parcels.map(([parcel]) => [parcel?.isBinary, parcel?.deliveries])).toEqual([
      ...Array.from({ length: 3 }, () => [false, 4]),
      ...Array.from({ length: 2 }, () => [true, 4]),
    ])
    expect(encoded).toHaveBeenCalledTimes(4)
    for (const { socket } of all) expect(socket.of('message').map(({ data }) => data)).toEqual([0, 1, 2, 3])
  })

  it('encodes nothing for an encoding that nobody in it speaks', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    t.join(alice, 'text')
    t.join(bob, 'binary')
    const encoded = vi.spyOn(MsgpackCodec.prototype, 'encode')
    publish(t, alice, { room: 'text', data: 1 })
    expect(encoded).not.toHaveBeenCalled()
    const parcels = alice.socket.parcels.length
    publish(t, alice, { room: 'binary', data: 2 })
    expect(encoded).toHaveBeenCalledTimes(1)
    expect([alice.socket.parcels.length, newest(bob)]).toMatchObject([parcels, { data: 2, room: 'binary' }])
  })

  it('sends a member that leaves within the turn the messages of that turn, in its encoding', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    for (const client of [alice, bob]) t.join(client, 'r')
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, undefined)
    t.hub.replier.reply(bob.c, 2, t.hub.memberships.leave(bob.c, 'r').ok)
    expect(bob.socket.frames.map(({ event, id }) => event ?? id)).toEqual(['message', 2])
    t.clock.settle()
    expect(alice.socket.offsets('r')).toEqual([1])
  })

  it('frames payloads of every length class so that they read back', () => {
    const t = start({ settings: { maxFrameBytes: 262_144 } })
    const bob = packed(t, 'bob')
    t.join(bob, 'r')
    for (const length of [0, 1, 40, 60, 90, 125, 126, 255, 256, 32_000, 65_535, 65_536, 70_000]) {
      publish(t, bob, { room: 'r', data: 'é'.repeat(length) })
      expect(newest(bob)).toMatchObject({ data: 'é'.repeat(length) })
      publish(t, bob, { room: 'r', data: Buffer.alloc(length, length) })
      expect(newest(bob)).toMatchObject({ data: Buffer.alloc(length, length) })
    }
  })

  it('[F-8] brings any value that one encoding can publish to the other, equal', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    for (const client of [alice, bob]) t.join(client, 'r')
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 6 }),
      fc.json({ maxDepth: 4, stringUnit: 'binary' }).map((text) => JSON.parse(text) as unknown),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
    )
    let published = 0
    fc.assert(
      fc.property(value, fc.boolean(), (given, isBinary) => {
        const said = JSON.parse(JSON.stringify(given)) as unknown
        const frame = { event: 'publish', data: { room: 'r', data: said } }
        const { fault } = alice.c.encoding.read(Buffer.from(JSON.stringify(frame)))
        expect(bob.c.encoding.read(Buffer.from(encode(frame))).fault?.message).toBe(fault?.message)
        if (fault !== undefined) return
        publish(t, isBinary ? bob : alice, frame.data)
        published += 1
        expect(newest(alice)).toMatchObject({ event: 'message', from: { user: isBinary ? 'bob' : 'alice' } })
        expect((newest(alice) as { data: unknown }).data).toEqual(said)
        expect(newest(bob)).toEqual(newest(alice))
      }),
      { numRuns: 500 },
    )
    expect(published).toBeGreaterThan(300)
  })

  it('[F-8] writes lone surrogates, which only JSON has, as U+FFFD where text must be Unicode', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    for (const client of [alice, bob]) t.join(client, 'r')
    const data = { 'a\ud800': ['\udfffb', '\\ud800', '\\\udabc', '💡'] }
    publish(t, alice, { room: 'r', data })
    expect((newest(alice) as { data: unknown }).data).toEqual(data)
    expect((newest(bob) as { data: unknown }).data).toEqual({ 'a\ufffd': ['\ufffdb', '\\ud800', '\\\ufffd', '💡'] })
  })
})

describe.each(busModes)('a payload of bytes over $mode', ({ faults }) => {
  const open = (): TestHub => start(faults === undefined ? {} : { faults })
  const bytes = Buffer.from([0, 1, 254, 255, 0x7b])
  const data64 = bytes.toString('base64')

  it.each(['json', 'msgpack'] as const)('[F-8] reaches everybody in the form of its encoding, sent by %s', (by) => {
    const t = open()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    for (const client of [alice, bob]) t.join(client, 'kept:r')
    const [sender, data] = by === 'json' ? [alice, { data64 }] : [bob, { data: bytes }]
    publish(t, sender, { room: 'kept:r', ...data }, 5)
    const place = { event: 'message', room: 'kept:r', offset: 1, from: { user: sender.c.user } }
    expect(sender.socket.reply(5)).toEqual({ id: 5, ok: { offset: 1 } })
    expect(newest(alice)).toEqual({ ...place, epoch: expect.any(String), data64 })
    expect(newest(bob)).toEqual({ ...place, epoch: expect.any(String), data: bytes })
  })

  it('[F-8] may come in base64 by MessagePack too', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    t.join(alice, 'r')
    t.join(bob, 'r')
    publish(t, bob, { room: 'r', data64 }, 5)
    expect(bob.socket.reply(5)).toEqual({ id: 5, ok: { offset: 1 } })
    expect([newest(alice), newest(bob)]).toMatchObject([{ data64 }, { data: bytes }])
  })

  it('[F-8] counts towards the bytes of a reply as it would in JSON', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    const { epoch = '' } = t.join(alice, 'kept:r').ok ?? {}
    // Four take 200,000 bytes, which 256 KiB hold, and 266,672 characters, which they do not.
    for (let i = 0; i < 4; i += 1) publish(t, bob, { room: 'kept:r', data: new Uint8Array(50_000) })
    const join = (offset: number) => t.join(bob, 'kept:r', { epoch, offset }).ok
    expect(join(0)).toMatchObject({ recovered: false, reason: 'over_limit', missed: 4 })
    expect(join(1)).toMatchObject({ recovered: true, messages: [{ offset: 2 }, { offset: 3 }, { offset: 4 }] })
    const page = t.await<Answer<HistoryOk>>((done) => t.hub.reader.history(bob.c, { room: 'kept:r' }, done))
    expect([page.ok?.messages.items.length, page.ok?.place.more]).toEqual([3, true])
  })

  it('[F-8] has the same forms in history and resume', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    const { epoch = '' } = t.join(alice, 'kept:r').ok ?? {}
    publish(t, alice, { room: 'kept:r', data64 })
    publish(t, alice, { room: 'kept:r', data: { data64 } })
    const ask = (client: TestClient): void => {
      const query: HistoryData = { room: 'kept:r' }
      t.hub.reader.history(client.c, query, ({ ok }) => ok !== undefined && t.hub.replier.reply(client.c, 7, ok))
      t.settle()
      const items = [{ room: 'kept:r', since: { epoch, offset: 0 } }]
      t.hub.joiner.joinMany(client.c, items, ({ ok }) => ok !== undefined && t.hub.replier.reply(client.c, 8, ok))
      t.settle()
      t.hub.joiner.join(client.c, items[0]!, ({ ok }) => ok !== undefined && t.hub.replier.reply(client.c, 9, ok))
      t.settle()
    }
    for (const [client, first] of [
      [alice, { offset: 1, data64 }],
      [bob, { offset: 1, data: bytes }],
    ] as const) {
      ask(client)
      const messages = [first, { offset: 2, data: { data64 } }]
      expect(client.socket.reply(7)).toMatchObject({ ok: { epoch, offset: 2, more: false, messages } })
      expect(client.socket.reply(8)).toMatchObject({ ok: { results: [{ ok: { recovered: true, messages } }] } })
      expect(client.socket.reply(9)).toMatchObject({ ok: { recovered: true, messages } })
    }
  })

  it('[F-8] has the same forms in what a greeting tells of a user’s own room', () => {
    const t = open()
    const scope = { scope: 'key:s', service: 's' }
    const [first, second] = [t.client('alice'), packed(t, 'alice')]
    const { epoch = '' } = t.hub.rooms.get('inbox:alice') ?? {}
    t.hub.publisher.publishFromServer('inbox:alice', { data: data64, isBytes: true, ...scope }, () => {})
    t.settle()
    for (const [encoding, message] of [
      ['json', { offset: 1, data64 }],
      ['msgpack', { offset: 1, data: bytes }],
    ] as const) {
      const { c, socket } = t.open({ encoding })
      const since = { 'inbox:alice': { epoch: epoch ?? '', offset: 0 } }
      const verdict = { ok: true, token: t.token('alice') } as const
      t.hub.authenticator.authenticate(
        c,
        verdict,
        { since },
        ({ ok }) => ok !== undefined && t.hub.replier.reply(c, 1, ok),
      )
      t.settle()
      expect(socket.reply(1)).toMatchObject({ ok: { rooms: [{ room: 'inbox:alice', messages: [message] }] } })
    }
    expect(newest(first)).toMatchObject({ data64 })
    expect(newest(second)).toMatchObject({ data: bytes })
  })

  it('[M-4] equals its base64 under one key, and never equals a value', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), packed(t, 'alice')]
    const digits = Buffer.from('1234', 'base64')
    publish(t, bob, { room: 'r', data: digits, key: 'k' }, 1)
    publish(t, alice, { room: 'r', data64: '1234', key: 'k' }, 2)
    publish(t, alice, { room: 'r', data: 1234, key: 'k' }, 3)
    publish(t, alice, { room: 'r', data: '1234', key: 'k' }, 4)
    expect(bob.socket.reply(1)).toEqual({ id: 1, ok: { offset: 1 } })
    expect(alice.socket.reply(2)).toEqual({ id: 2, ok: { offset: 1 } })
    for (const id of [3, 4]) expect(alice.socket.reply(id)).toMatchObject({ error: { code: 'key_conflict' } })
  })

  it('[F-8] does not fit a room type with a schema, in whatever form it comes', () => {
    const t = open()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    publish(t, alice, { room: 'typed:r', data64 }, 5)
    publish(t, bob, { room: 'typed:r', data: bytes }, 5)
    publish(t, bob, { room: 'typed:r', data64 }, 6)
    publish(t, bob, { room: 'typed:r', data: 1 }, 7)
    const refused = { code: 'bad_request', message: 'the payload does not fit: must be JSON, not bytes' }
    for (const reply of [alice.socket.reply(5), bob.socket.reply(5), bob.socket.reply(6)]) {
      expect(reply).toMatchObject({ error: refused })
    }
    expect(bob.socket.reply(7)).toMatchObject({ ok: { offset: 1 } })
  })

  it('[F-8] is refused inside a structure', () => {
    const t = open()
    const bob = packed(t, 'bob')
    publish(t, bob, { room: 'r', data: { file: bytes } }, 5)
    expect(bob.socket.reply(5)).toMatchObject({ error: { code: 'bad_request' } })
    expect(t.hub.books.published).toBe(0)
  })
})

describe('a connection that speaks MessagePack', () => {
  it('[F-1] gets replies, pushes and its disconnect in binary frames alone', () => {
    const t = start()
    const { c, socket } = packed(t, 'bob')
    t.join({ c, socket }, 'r')
    t.hub.replier.reply(c, 3, {})
    t.hub.replier.reply(c, 4, { a: undefined, b: '\ud800' })
    t.hub.replier.fail(c, 5, { code: 'forbidden', message: 'no' })
    t.hub.replier.fail(c, undefined, { code: 'forbidden', message: 'no' })
    t.hub.replier.push(c, { event: 'notice', message: 'hello' })
    t.hub.closer.disconnect(c, 'kicked', {})
    t.settle()
    expect(socket.parcels.every(({ isBinary }) => isBinary)).toBe(true)
    expect(socket.frames).toMatchObject([
      { id: 3, ok: {} },
      { id: 4, ok: { b: '\ufffd' } },
      { id: 5, error: { code: 'forbidden' } },
      { event: 'error', count: 1 },
      { event: 'notice', message: 'hello' },
      { event: 'disconnect', reason: 'kicked', code: 4504 },
    ])
    expect(socket.frames[1]).toEqual({ id: 4, ok: { b: '\ufffd' } })
  })

  it('is told of a gap in its own encoding', () => {
    const t = start({ settings: { outboxSoftBytes: 90_000, outboxHardBytes: 180_000 } })
    const [alice, bob] = [t.client('alice'), packed(t, 'bob', new FakeSocket(false))]
    t.join(bob, 'drop:r')
    for (let i = 0; i < 40; i += 1) publish(t, alice, { room: 'drop:r', data: Buffer.alloc(5_000).toString('base64') })
    for (let i = 0; i < 100; i += 1) bob.socket.flush()
    const [gap] = bob.socket.of('gap')
    expect(gap).toMatchObject({ room: 'drop:r', cause: 'slow_consumer' })
    expect(bob.socket.offsets('drop:r').length + Number(gap?.['count'])).toBe(40)
    expect(bob.socket.parcels.every(({ isBinary }) => isBinary)).toBe(true)
  })

  it('shares the parcel of a closed room with those of its encoding', () => {
    const t = start()
    const all = [t.client('a'), t.client('b'), packed(t, 'c'), packed(t, 'd')]
    for (const client of all) t.join(client, 'r')
    t.hub.roomClosing.close('r', { reason: 'over', message: null, by: 'op', at: 0, reopensAt: null })
    t.settle()
    expect(new Set(all.map(({ socket }) => socket.parcels.at(-1)?.wire)).size).toBe(2)
    for (const { socket } of all) {
      expect(socket.frames.at(-1)).toEqual({ event: 'roomClosed', room: 'r', reason: 'over' })
    }
  })

  it('shares the parcel of a message to connections with those of its encoding', () => {
    const t = start()
    const all = [t.client('a'), t.client('a'), packed(t, 'a'), packed(t, 'a')]
    expect(t.hub.direct.toUser('a', { data: '{"n":1}', service: 's' })).toBe(4)
    expect(new Set(all.map(({ socket }) => socket.parcels.at(-1)?.wire)).size).toBe(2)
    for (const { c, socket } of all) {
      expect(socket.frames.at(-1)).toEqual({ event: 'message', data: { n: 1 }, from: { service: 's' } })
      expect([socket.parcels.at(-1)?.deliveries, c.outbox.writtenDeliveries]).toEqual([1, 1])
    }
  })

  it('counts its messages and bytes separately', () => {
    const t = start()
    const [alice, bob] = [t.client('alice'), packed(t, 'bob')]
    for (const client of [alice, bob]) t.join(client, 'r')
    t.hub.received(alice.c, 100)
    t.hub.received(bob.c, 30, true)
    const before = t.hub.books.binary.bytesOut
    publish(t, alice, { room: 'r', data: 1 })
    const { binary } = t.hub.books
    expect(binary).toMatchObject({ messagesIn: 1, bytesIn: 30, deliveriesOut: 1 })
    expect(binary.bytesOut - before).toBe(bob.socket.parcels.at(-1)?.wire.length)
    expect(t.hub.books.writtenDeliveries).toBe(2)
  })
})
