import type { CloseReason } from '@gatehouse/protocol'
import { closeReasons } from '@gatehouse/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RawClient } from './testing/raw-client.js'
import { clientFrame } from './testing/raw-client.js'
import { TestGateway, token } from './testing/test-gateway.js'

let gateway: TestGateway
let neighbour: RawClient
let joins = 0

beforeAll(async () => {
  gateway = await TestGateway.start()
  neighbour = await gateway.join('chat:neighbours')
})
afterAll(() => gateway.stop())

/** Whatever the test did, the neighbour is served at once and nothing failed inside. */
afterEach(async () => {
  joins += 1
  neighbour.sendText({ id: joins, event: 'publish', data: { room: 'chat:neighbours', data: joins } })
  expect(await neighbour.json()).toMatchObject({ event: 'message', data: joins })
  expect(await neighbour.json()).toMatchObject({ id: joins, ok: {} })
  expect(gateway.log.failures).toEqual([])
  const { attempts, opened, refused, open, closed } = gateway.hub.books.snapshot()
  expect({ attempts, opened }).toEqual({ attempts: opened + refused, opened: open + closed })
})

const reasonOf = (client: RawClient) => {
  const id = client.upgradeHeaders.get('gatehouse-connection')
  return gateway.ports.records.closes.find((record) => record.id === id)
}

async function expectClose(client: RawClient, reason: CloseReason): Promise<void> {
  const id = client.upgradeHeaders.get('gatehouse-connection')
  const disconnect = await nextDisconnect(client)
  expect(disconnect).toMatchObject({ event: 'disconnect', reason, connection: id, code: closeReasons[reason].code })
  expect(await client.closeFrame()).toEqual({ code: closeReasons[reason].code, text: `${reason} ${id}` })
  client.send(clientFrame(8, Buffer.from([3, 232])))
  await client.ended()
  await gateway.until(() => reasonOf(client) !== undefined)
  expect(reasonOf(client)).toMatchObject({ reason })
}

async function nextDisconnect(client: RawClient): Promise<Record<string, unknown>> {
  for (;;) {
    const frame = await client.json()
    if (frame['event'] === 'disconnect') return frame
  }
}

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
    ['with __proto__ as a key', '{"id":7,"event":"publish","data":{"room":"chat:a","data":{"__proto__":{"x":1}}}}', undefined, 'bad_request'],
    ['with an escaped __proto__', '{"id":7,"event":"publish","data":{"room":"chat:a","data":{"\\u005f_proto__":1}}}', undefined, 'bad_request'],
    ['nested too deep', `{"id":7,"event":"publish","data":{"room":"chat:a","data":${deep}}}`, undefined, 'bad_request'],
    ['nested thirty thousand times', `${'['.repeat(30_000)}`, undefined, 'bad_request'],
    ['about a system room', '{"id":7,"event":"join","data":{"room":"sys:stats"}}', 7, 'unknown_room'],
    ['about a room it may not join', '{"id":7,"event":"join","data":{"room":"secret"}}', 7, 'forbidden'],
    ['to a room it may not publish to', '{"id":7,"event":"publish","data":{"room":"secret","data":1}}', 7, 'forbidden'],
    ['to leave where it never was', '{"id":7,"event":"leave","data":{"room":"chat:x"}}', 7, 'not_member'],
    ['that asks for history', '{"id":7,"event":"history","data":{"room":"chat:a"}}', 7, 'not_available'],
    ['that acknowledges', '{"id":7,"event":"ack","data":{"room":"chat:a","offset":1}}', 7, 'not_available'],
    ['that connects again', '{"id":7,"event":"connect","data":{}}', 7, 'bad_request'],
  ])('%s is answered, and the connection lives', async (_name, text, id, code) => {
    const client = await gateway.join()
    client.sendText(text)
    const answer = await client.json()
    expect(answer).toMatchObject(id === undefined ? { event: 'error', code, count: 1 } : { id, error: { code } })
    client.sendText({ id: 9, event: 'ping' })
    expect(await client.json()).toEqual({ id: 9, ok: {} })
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    client.destroy()
  })

  it('closes as too_many_errors at the tenth in a minute', async () => {
    const client = await gateway.join()
    for (let at = 1; at <= 12; at += 1) client.sendText({ id: at, event: 'nonsense' })
    await expectClose(client, 'too_many_errors')
  })

  it('takes ten thousand frames of one segment without recursion', async () => {
    const client = await gateway.join()
    client.send(...Array.from({ length: 10_000 }, () => clientFrame(1, '{"event":"ping"}')))
    const answer = await client.json()
    expect(answer).toMatchObject({ event: 'error', code: 'rate_limited' })
    client.destroy()
  })
})

describe('Before it has authenticated', () => {
  it.each<[string, Buffer]>([
    ['a publish', clientFrame(1, '{"event":"publish","data":{"room":"chat:a","data":1}}')],
    ['a ping frame', clientFrame(1, '{"id":1,"event":"ping"}')],
    ['bad JSON', clientFrame(1, 'nonsense')],
    ['a connect over 16 KiB', clientFrame(1, JSON.stringify({ id: 1, event: 'connect', data: { token: 'x'.repeat(17_000) } }))],
  ])('%s closes as bad_request', async (_name, frame) => {
    const client = await gateway.open()
    client.send(frame)
    await expectClose(client, 'bad_request')
  })

  it.each<[string, unknown, CloseReason]>([
    ['a bad token', 'a.b.c', 'auth_failed'],
    ['no token', undefined, 'auth_failed'],
  ])('%s in the first frame is answered and closes as %s', async (_name, value, reason) => {
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: value === undefined ? {} : { token: value } })
    expect(await client.json()).toMatchObject({ id: 1, error: {} })
    await expectClose(client, reason)
  })

  it('an expired token closes as auth_expired', async () => {
    const client = await gateway.open()
    const expired = await token('alice', {}, 1000, Date.now() - 60_000)
    client.sendText({ id: 1, event: 'connect', data: { token: expired } })
    expect(await client.json()).toMatchObject({ id: 1, error: {} })
    await expectClose(client, 'auth_expired')
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

describe('Bytes that break the WebSocket protocol', () => {
  const text = clientFrame(1, 'x')
  it.each<[string, readonly Buffer[], CloseReason]>([
    ['an unmasked frame', [clientFrame(1, 'x', { isMasked: false })], 'protocol_error'],
    ['reserved bit 1', [clientFrame(1, 'x', { rsv: 0x40 })], 'protocol_error'],
    ['reserved bit 2', [clientFrame(1, 'x', { rsv: 0x20 })], 'protocol_error'],
    ['reserved bit 3', [clientFrame(9, 'x', { rsv: 0x10 })], 'protocol_error'],
    ['a reserved data opcode', [clientFrame(3, 'x')], 'protocol_error'],
    ['a reserved control opcode', [clientFrame(11, '')], 'protocol_error'],
    ['a continuation of nothing', [clientFrame(0, 'x')], 'protocol_error'],
    ['a new message within a fragmented one', [clientFrame(1, 'a', { fin: false }), text], 'protocol_error'],
    ['a fragmented ping', [clientFrame(9, 'x', { fin: false })], 'protocol_error'],
    ['a ping of 126 bytes', [clientFrame(9, 'x'.repeat(126))], 'protocol_error'],
    ['a close frame of one byte', [clientFrame(8, 'x')], 'protocol_error'],
    ['close code 1005', [clientFrame(8, Buffer.from([3, 237]))], 'protocol_error'],
    ['close code 1006', [clientFrame(8, Buffer.from([3, 238]))], 'protocol_error'],
    ['close code 999', [clientFrame(8, Buffer.from([3, 231]))], 'protocol_error'],
    ['close code 5000', [clientFrame(8, Buffer.from([19, 136]))], 'protocol_error'],
    ['a close text that is not UTF-8', [clientFrame(8, Buffer.from([3, 232, 0xff, 0xfe]))], 'invalid_payload'],
    ['text that is not UTF-8', [clientFrame(1, Buffer.from([0xc3, 0x28]))], 'invalid_payload'],
    ['half a character at a fragment border', [clientFrame(1, Buffer.from([0xe2, 0x82]), { fin: false }), clientFrame(0, 'x')], 'invalid_payload'],
    ['a lone surrogate in UTF-8', [clientFrame(1, Buffer.from([0xed, 0xa0, 0x80]))], 'invalid_payload'],
    ['binary data', [clientFrame(2, Buffer.from([1, 2, 3]))], 'unsupported_data'],
    ['a header that promises one byte too many', [clientFrame(1, '', { length: 65_537n })], 'message_too_big'],
    ['a header that promises 2^53 bytes', [clientFrame(1, '', { length: 2n ** 53n })], 'message_too_big'],
    ['a header that promises 2^63 - 1 bytes', [clientFrame(1, '', { length: 2n ** 63n - 1n })], 'message_too_big'],
    ['fragments that add up to too much', [clientFrame(1, 'x'.repeat(40_000), { fin: false }), clientFrame(0, '', { length: 40_000n })], 'message_too_big'],
    ['65 fragments of a byte', [clientFrame(1, 'x', { fin: false }), ...Array.from({ length: 64 }, () => clientFrame(0, 'x', { fin: false }))], 'policy_violation'],
    ['65 empty fragments', [clientFrame(1, '', { fin: false }), ...Array.from({ length: 64 }, () => clientFrame(0, '', { fin: false }))], 'policy_violation'],
  ])('%s: the connection is told why and closed', async (_name, frames, reason) => {
    const client = await gateway.join()
    client.send(...frames)
    await expectClose(client, reason)
  })

  it('serves what came whole before the broken frame', async () => {
    const client = await gateway.join()
    client.send(clientFrame(1, '{"id":5,"event":"ping"}'), clientFrame(1, 'x', { isMasked: false }))
    expect(await client.json()).toEqual({ id: 5, ok: {} })
    await expectClose(client, 'protocol_error')
  })

  it('takes a message of exactly the limit, and one in 64 fragments with pings between', async () => {
    const client = await gateway.join()
    const frame = (size: number): string => {
      const head = '{"id":6,"event":"publish","data":{"room":"chat:big","data":"'
      return `${head}${'x'.repeat(size - head.length - 3)}"}}`
    }
    client.sendText(frame(65_536))
    expect(await client.json()).toMatchObject({ id: 6, ok: {} })
    const whole = '{"id":8,"event":"ping","data":{}}'.padEnd(64)
    const parts = [...whole].flatMap((character, at) => [
      clientFrame(at === 0 ? 1 : 0, character, { fin: at === 63 }),
      ...(at % 16 === 0 ? [clientFrame(9, String(at))] : []),
    ])
    client.send(...parts)
    const pongs: string[] = []
    for (;;) {
      const { opcode, payload } = await client.frame()
      if (opcode === 10) pongs.push(payload.toString())
      else {
        expect(JSON.parse(payload.toString())).toEqual({ id: 8, ok: {} })
        break
      }
    }
    expect(pongs).toEqual(['0', '16', '32', '48'])
    client.destroy()
  })

  it('answers no more pings than the rate allows', async () => {
    const client = await gateway.join()
    client.send(...Array.from({ length: 2_000 }, (_, at) => clientFrame(9, String(at))), clientFrame(8, Buffer.from([3, 232])))
    let pongs = 0
    for (let frame = await client.frame(); frame.opcode !== 8; frame = await client.frame()) if (frame.opcode === 10) pongs += 1
    expect(pongs).toBeGreaterThan(50)
    expect(pongs).toBeLessThan(200)
    client.destroy()
  })
})

describe('A connection that breaks off', () => {
  const frames = [clientFrame(1, '{"id":5,', { fin: false }), clientFrame(0, '"event":', { fin: false }), clientFrame(0, '"ping"}')]
  const message = Buffer.concat(frames)
  const cuts = [0, 1, 2, 5, 6, 9, 14, 15, 20, message.length - 1]

  it.each(cuts)('by a reset after byte %i of a fragmented message leaves one record', async (cut) => {
    const client = await gateway.join()
    client.send(message.subarray(0, cut))
    client.reset()
    await gateway.until(() => reasonOf(client) !== undefined)
    expect(reasonOf(client)).toMatchObject({ reason: 'abnormal_reset', evidence: { error: 'ECONNRESET' } })
  })

  it.each(cuts)('by an end after byte %i of a fragmented message leaves one record', async (cut) => {
    const client = await gateway.join()
    client.send(message.subarray(0, cut))
    client.socket.end()
    await gateway.until(() => reasonOf(client) !== undefined)
    expect(reasonOf(client)).toMatchObject({ reason: 'abnormal_eof' })
  })

  it('right after the upgrade leaves one record, by end as by reset', async () => {
    const ended = await gateway.open()
    ended.socket.end()
    const reset = await gateway.open()
    reset.reset()
    await gateway.until(() => reasonOf(ended) !== undefined && reasonOf(reset) !== undefined)
    expect([reasonOf(ended)?.reason, reasonOf(reset)?.reason]).toEqual(['abnormal_eof', 'abnormal_reset'])
  })

  it.each<[number, CloseReason]>([[1000, 'client_close'], [1001, 'client_going_away'], [3999, 'client_app_code'], [4999, 'client_app_code']])(
    'by close code %i is recorded as %s',
    async (code, reason) => {
      const client = await gateway.join()
      client.send(clientFrame(8, Buffer.from([code >> 8, code & 255])))
      expect((await client.closeFrame()).code).toBe(code)
      await gateway.until(() => reasonOf(client) !== undefined)
      expect(reasonOf(client)).toMatchObject({ reason, clean: true, evidence: { receivedCode: code } })
    },
  )
})

describe('A message that is never finished', () => {
  const begin = clientFrame(1, '{"id":5,"event":"ping"}')
  it.each<[string, readonly Buffer[]]>([
    ['a fragment without its last', [clientFrame(1, 'x', { fin: false })]],
    ['a header without its bytes', [begin.subarray(0, 3)]],
    ['half a payload', [begin.subarray(0, 12)]],
  ])('(%s) closes after ten seconds', async (_name, frames) => {
    const client = await gateway.join()
    client.send(...frames)
    const connection = gateway.hub.connections.get(String(client.upgradeHeaders.get('gatehouse-connection')))
    const before = connection?.heardAtMs ?? 0
    await gateway.until(() => (connection?.heardAtMs ?? 0) > before)
    gateway.ports.clock.skippedMs += 9_000
    client.send(clientFrame(9, ''))
    if (_name.startsWith('a fragment')) expect((await client.frame()).opcode).toBe(10)
    gateway.ports.clock.skippedMs += 1_500
    neighbour.send(clientFrame(9, ''))
    expect((await neighbour.frame()).opcode).toBe(10)
    await expectClose(client, 'unfinished_message')
  })
})
