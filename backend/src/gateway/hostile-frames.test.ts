import { encode } from '@msgpack/msgpack'
import type { CloseReason } from '@gatehouse/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Neighbourhood, closedAs, idOf } from './testing/neighbourhood.js'
import { clientFrame, type RawClient } from './testing/raw-client.js'
import type { TestGateway } from './testing/test-gateway.js'
import { token } from './testing/test-gateway.js'

let hood: Neighbourhood
let gateway: TestGateway

beforeAll(async () => {
  hood = await Neighbourhood.start()
  gateway = hood.gateway
})
afterEach(() => hood.inspect())
afterAll(() => gateway.stop())

describe('A frame of malformed content', () => {
  const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`
  it.each<[string, string, number | undefined, string]>([
    ['that is not JSON', '{"id":1,', undefined, 'bad_request'],
    ['that is empty', '', undefined, 'bad_request'],
    ['that is a list', '[1,2]', undefined, 'bad_request'],
    ['that is null', 'null', undefined, 'bad_request'],
    ['with a text for id', '{"id":"1","event":"ping","data":{}}', undefined, 'bad_request'],
    ['with id 0', '{"id":0,"event":"ping"}', undefined, 'bad_request'],
    ['with an id beyond 2^32', '{"id":4294967296,"event":"ping"}', undefined, 'bad_request'],
    ['with an id beyond 2^53', '{"id":9007199254740993,"event":"ping"}', undefined, 'bad_request'],
    ['with a negative id', '{"id":-1,"event":"ping"}', undefined, 'bad_request'],
    ['with an object for event', '{"id":7,"event":{},"data":{}}', 7, 'bad_request'],
    ['with a list for data', '{"id":7,"event":"join","data":[]}', 7, 'bad_request'],
    ['with a number for room', '{"id":7,"event":"join","data":{"room":5}}', 7, 'bad_request'],
    ['with a room of odd letters', '{"id":7,"event":"publish","data":{"room":"a b","data":1}}', 7, 'bad_request'],
    ['with a pattern for room', '{"id":7,"event":"join","data":{"room":"chat:*"}}', 7, 'bad_request'],
    ['of an unknown event', '{"id":7,"event":"__proto__","data":{}}', 7, 'unknown_event'],
    ['of an event named like a method', '{"id":7,"event":"constructor","data":{}}', 7, 'unknown_event'],
    [
      'with __proto__ as a key',
      '{"id":7,"event":"publish","data":{"room":"chat:a","data":{"__proto__":{"x":1}}}}',
      7,
      'bad_request',
    ],
    [
      'with an escaped __proto__',
      '{"id":7,"event":"publish","data":{"room":"chat:a","data":{"\\u005f_proto__":1}}}',
      7,
      'bad_request',
    ],
    ['nested too deep', `{"id":7,"event":"publish","data":{"room":"chat:a","data":${deep}}}`, 7, 'bad_request'],
    ['nested thirty thousand times', '['.repeat(30_000), undefined, 'bad_request'],
    ['about a system room', '{"id":7,"event":"join","data":{"room":"sys:stats"}}', 7, 'unknown_room'],
    ['about a room it may not join', '{"id":7,"event":"join","data":{"room":"secret"}}', 7, 'forbidden'],
    ['to a room it may not publish to', '{"id":7,"event":"publish","data":{"room":"secret","data":1}}', 7, 'forbidden'],
    ['to leave a room it is not in', '{"id":7,"event":"leave","data":{"room":"chat:x"}}', 7, 'not_member'],
    ['that asks for history', '{"id":7,"event":"history","data":{"room":"chat:a"}}', 7, 'not_available'],
    ['that acknowledges', '{"id":7,"event":"ack","data":{"room":"chat:a","offset":1}}', 7, 'not_available'],
    ['that connects again', '{"id":7,"event":"connect","data":{}}', 7, 'bad_request'],
  ])('[F-3] [F-7] %s is answered, and the connection stays open', async (_name, text, id, code) => {
    const client = await gateway.join()
    client.sendText(text)
    const answer = await client.json()
    expect(answer).toMatchObject(id === undefined ? { event: 'error', code, count: 1 } : { id, error: { code } })
    client.sendText({ id: 9, event: 'ping' })
    expect(await client.json()).toEqual({ id: 9, ok: {} })
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    client.destroy()
  })

  it('[F-7] closes as unsupported_data where it is binary on a JSON connection', async () => {
    const client = await gateway.join()
    client.send(clientFrame(2, '{"id":1,"event":"ping"}'))
    expect(await hood.close(client)).toEqual(closedAs(client, 'unsupported_data'))
  })

  it('[F-7] closes as too_many_errors at the tenth in a minute', async () => {
    const client = await gateway.join()
    for (let at = 1; at <= 12; at += 1) client.sendText({ id: at, event: 'nonsense' })
    expect(await hood.close(client)).toEqual(closedAs(client, 'too_many_errors'))
  })

  it('takes ten thousand frames in one segment without recursion', async () => {
    const client = await gateway.join()
    client.send(...Array.from({ length: 10_000 }, () => clientFrame(1, '{"event":"ping"}')))
    const answer = await client.json()
    expect(answer).toMatchObject({ event: 'error', code: 'rate_limited' })
    client.destroy()
  })

  it('[L-2] stops reading a burst of twenty thousand frames, and gives few of them a reply of their own', async () => {
    const client = await gateway.join()
    const connection = gateway.hub.connections.get(idOf(client))
    client.send(...Array.from({ length: 20_000 }, (_, at) => clientFrame(1, `{"id":${at + 2},"event":"ping"}`)))
    let replies = 0
    for (let frame = await client.json(); frame['event'] !== 'error'; frame = await client.json())
      if ('error' in frame) replies += 1
    expect(connection?.isPaused).toBe(true)
    expect(replies).toBeGreaterThan(100)
    expect(replies).toBeLessThanOrEqual(300)
    client.destroy()
  })
})

describe('A request without an id', () => {
  it('[F-2] gets no reply where it needs none', async () => {
    const client = await gateway.join('chat:untold')
    client.sendText({ event: 'publish', data: { room: 'chat:untold', data: 'x' } })
    client.sendText({ event: 'ping' })
    client.sendText({ event: 'leave', data: { room: 'chat:untold' } })
    client.sendText({ id: 9, event: 'leave', data: { room: 'chat:untold' } })
    expect(await client.json()).toMatchObject({ event: 'message', data: 'x' })
    expect(await client.json()).toMatchObject({ id: 9, error: { code: 'not_member' } })
    client.destroy()
  })
})

describe('Before it has authenticated', () => {
  it.each<[string, Buffer]>([
    ['a publish', clientFrame(1, '{"event":"publish","data":{"room":"chat:a","data":1}}')],
    ['a ping frame', clientFrame(1, '{"id":1,"event":"ping"}')],
    ['bad JSON', clientFrame(1, 'nonsense')],
    [
      'a connect over 16 KiB',
      clientFrame(1, JSON.stringify({ id: 1, event: 'connect', data: { token: 'x'.repeat(17_000) } })),
    ],
  ])('[O-8] [F-7] %s closes as bad_request', async (_name, frame) => {
    const client = await gateway.open()
    client.send(frame)
    expect(await hood.close(client)).toEqual(closedAs(client, 'bad_request'))
  })

  it.each<[string, readonly Buffer[]]>([
    ['in fragments', [clientFrame(1, '{"x":"', { fin: false }), clientFrame(0, 'y'.repeat(20_000), { fin: false })]],
    ['in half a frame', [clientFrame(1, 'y'.repeat(50_000)).subarray(0, 20_000)]],
    ['in pings', Array.from({ length: 200 }, () => clientFrame(9, 'y'.repeat(125)))],
  ])('[O-8] more than 16 KiB %s closes as bad_request', async (_name, frames) => {
    const client = await gateway.open()
    client.send(...frames)
    expect(await hood.close(client)).toEqual(closedAs(client, 'bad_request'))
  })

  it.each<[string, unknown, CloseReason]>([
    ['a bad token', 'a.b.c', 'auth_failed'],
    ['no token', undefined, 'auth_failed'],
  ])('[I-6] %s in the first frame is answered and closes as %s', async (_name, value, reason) => {
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: value === undefined ? {} : { token: value } })
    expect(await client.json()).toMatchObject({ id: 1, error: {} })
    expect(await hood.close(client)).toEqual(closedAs(client, reason))
  })

  it('[O-2] [I-6] silence after the upgrade closes as auth_timeout', async () => {
    const client = await gateway.open()
    gateway.ports.clock.skippedMs += 10_100
    expect(await hood.close(client)).toEqual(closedAs(client, 'auth_timeout'))
  })

  it('[I-6] an expired token closes as auth_expired', async () => {
    const client = await gateway.open()
    const expired = await token('alice', {}, 1000, Date.now() - 60_000)
    client.sendText({ id: 1, event: 'connect', data: { token: expired } })
    expect(await client.json()).toMatchObject({ id: 1, error: {} })
    expect(await hood.close(client)).toEqual(closedAs(client, 'auth_expired'))
  })

  it('frames sent right behind connect wait for it and are then served in order', async () => {
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: { token: await token() } })
    client.sendText({ id: 2, event: 'publish', data: { room: 'chat:order', data: 'a' } })
    client.sendText({ id: 3, event: 'join', data: { room: 'chat:order' } })
    client.sendText({ id: 4, event: 'publish', data: { room: 'chat:order', data: 'b' } })
    client.sendText({ id: 5, event: 'ping' })
    expect(await client.json()).toMatchObject({ id: 1, ok: {} })
    expect(await client.json()).toMatchObject({ id: 2, ok: { offset: 1 } })
    expect(await client.json()).toMatchObject({ id: 3, ok: { offset: 1 } })
    const rest = [await client.json(), await client.json(), await client.json()]
    expect(rest).toContainEqual(expect.objectContaining({ event: 'message', offset: 2, data: 'b' }))
    expect(rest).toContainEqual({ id: 4, ok: { offset: 2 } })
    expect(rest).toContainEqual({ id: 5, ok: {} })
    client.destroy()
  })
})

describe('A connection that speaks MessagePack', () => {
  async function open(): Promise<RawClient> {
    const offer = `gatehouse.v1.msgpack, bearer.${await token()}`
    const client = await gateway.open({ headers: { 'Sec-WebSocket-Protocol': offer } })
    expect(await client.json()).toMatchObject({ event: 'connected' })
    return client
  }

  it('[F-8] shares a room with one that speaks JSON, and values and bytes go both ways', async () => {
    const [binary, text] = [await open(), await gateway.join('chat:mixed')]
    binary.sendPacked({ id: 1, event: 'join', data: { room: 'chat:mixed' } })
    expect(await binary.json()).toMatchObject({ id: 1, ok: { offset: 0 } })
    binary.sendPacked({ id: 2, event: 'publish', data: { room: 'chat:mixed', data: Buffer.from('bytes') } })
    const frame = { event: 'message', room: 'chat:mixed', offset: 1, from: { user: 'alice' } }
    expect(await binary.json()).toMatchObject({ ...frame, data: Buffer.from('bytes') })
    expect(await binary.json()).toEqual({ id: 2, ok: { offset: 1 } })
    expect(await text.json()).toMatchObject({ ...frame, data64: Buffer.from('bytes').toString('base64') })
    text.sendText({ event: 'publish', data: { room: 'chat:mixed', data: { n: [1.5, 'ü'] } } })
    for (const client of [binary, text]) {
      expect(await client.json()).toEqual({ ...frame, offset: 2, data: { n: [1.5, 'ü'] } })
    }
  })

  it('[F-7] is closed as unsupported_data when it sends text', async () => {
    const client = await open()
    client.sendText({ id: 1, event: 'ping', data: {} })
    expect(await hood.close(client)).toEqual(closedAs(client, 'unsupported_data'))
  })

  it.each<[string, Buffer, number | undefined, string]>([
    ['nothing', Buffer.alloc(0), undefined, 'bad_request'],
    ['the text of a JSON frame', Buffer.from('{"id":1,"event":"ping"}'), undefined, 'bad_request'],
    ['a list', Buffer.from([0x90]), undefined, 'bad_request'],
    ['a list of four billion', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), undefined, 'bad_request'],
    ['sixty thousand lists in each other', Buffer.alloc(60_000, 0x91), undefined, 'bad_request'],
    ['a frame cut short', Buffer.from(encode({ id: 7, event: 'ping' })).subarray(0, -1), 7, 'bad_request'],
    ['a date', Buffer.from(encode({ id: 7, event: 'ping', data: { at: new Date(0) } })), 7, 'bad_request'],
    ['an unknown event', Buffer.from(encode({ id: 7, event: 'shout' })), 7, 'unknown_event'],
    [
      'a room of bytes',
      Buffer.from(encode({ id: 7, event: 'join', data: { room: Buffer.from('a') } })),
      7,
      'bad_request',
    ],
  ])('[F-7] is answered when it sends %s, and stays open', async (_name, bytes, id, code) => {
    const client = await open()
    client.send(clientFrame(2, bytes))
    client.sendPacked({ id: 99, event: 'ping', data: {} })
    const answer = await client.json()
    if (id === undefined) expect(answer).toMatchObject({ event: 'error', code, count: 1 })
    else expect(answer).toMatchObject({ id, error: { code } })
    expect(await client.json()).toEqual({ id: 99, ok: {} })
  })

  it('[F-7] is closed as too_many_errors by ten wrong frames', async () => {
    const client = await open()
    for (let i = 0; i < 10; i += 1) client.send(clientFrame(2, Buffer.from([0xc1])))
    expect(await hood.close(client)).toEqual(closedAs(client, 'too_many_errors'))
  })
})
