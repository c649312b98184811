import type { CloseReason } from '@gatehouse/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Neighbourhood, closedAs, idOf } from './testing/neighbourhood.js'
import { clientFrame } from './testing/raw-client.js'
import type { TestGateway } from './testing/test-gateway.js'

let hood: Neighbourhood
let gateway: TestGateway

beforeAll(async () => {
  hood = await Neighbourhood.start()
  gateway = hood.gateway
})
afterEach(() => hood.inspect())
afterAll(() => gateway.stop())

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
    [
      'half a character at a fragment border',
      [clientFrame(1, Buffer.from([0xe2, 0x82]), { fin: false }), clientFrame(0, 'x')],
      'invalid_payload',
    ],
    ['a lone surrogate in UTF-8', [clientFrame(1, Buffer.from([0xed, 0xa0, 0x80]))], 'invalid_payload'],
    ['binary data', [clientFrame(2, Buffer.from([1, 2, 3]))], 'unsupported_data'],
  ])('%s: the connection is told why and closed', async (_name, frames, reason) => {
    const client = await gateway.join()
    client.send(...frames)
    expect(await hood.close(client)).toEqual(closedAs(client, reason))
  })

  it.each<[string, readonly Buffer[], CloseReason]>([
    ['a header that promises one byte too many', [clientFrame(1, '', { length: 65_537n })], 'message_too_big'],
    ['a header that promises 2^53 bytes', [clientFrame(1, '', { length: 2n ** 53n })], 'message_too_big'],
    ['a header that promises 2^63 - 1 bytes', [clientFrame(1, '', { length: 2n ** 63n - 1n })], 'message_too_big'],
    [
      'fragments that add up to too much',
      [clientFrame(1, 'x'.repeat(40_000), { fin: false }), clientFrame(0, '', { length: 40_000n })],
      'message_too_big',
    ],
    [
      '65 fragments of a byte',
      [clientFrame(1, 'x', { fin: false }), ...Array.from({ length: 64 }, () => clientFrame(0, 'x', { fin: false }))],
      'policy_violation',
    ],
    [
      '65 empty fragments',
      [clientFrame(1, '', { fin: false }), ...Array.from({ length: 64 }, () => clientFrame(0, '', { fin: false }))],
      'policy_violation',
    ],
  ])('[L-4] %s: the connection is told why and closed', async (_name, frames, reason) => {
    const client = await gateway.join()
    client.send(...frames)
    expect(await hood.close(client)).toEqual(closedAs(client, reason))
  })

  it('serves the complete frames before the broken one', async () => {
    const client = await gateway.join()
    client.send(clientFrame(1, '{"id":5,"event":"ping"}'), clientFrame(1, 'x', { isMasked: false }))
    expect(await client.json()).toEqual({ id: 5, ok: {} })
    expect(await hood.close(client)).toEqual(closedAs(client, 'protocol_error'))
  })

  it('[L-4] takes a message of exactly the limit, and one in 64 fragments with pings between', async () => {
    const client = await gateway.join()
    const frame = (size: number): string => {
      const head = '{"id":6,"event":"publish","data":{"room":"chat:big","data":"'
      return `${head}${'x'.repeat(size - head.length - 3)}"}}`
    }
    client.sendText(frame(65_536))
    expect(await client.json()).toMatchObject({ id: 6, ok: {} })
    const whole = '{"id":8,"event":"ping","data":{}}'.padEnd(64)
    const parts = whole
      .split('')
      .flatMap((character, at) => [
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

  it('[L-1] answers no more pings than the rate allows', async () => {
    const client = await gateway.join()
    client.send(
      ...Array.from({ length: 2_000 }, (_, at) => clientFrame(9, String(at))),
      clientFrame(8, Buffer.from([3, 232])),
    )
    let pongs = 0
    for (let frame = await client.frame(); frame.opcode !== 8; frame = await client.frame())
      if (frame.opcode === 10) pongs += 1
    expect(pongs).toBeGreaterThan(50)
    expect(pongs).toBeLessThan(200)
    client.destroy()
  })

  it('[L-1] charges pongs that nobody asked for, and stops reading a flood of them', async () => {
    const client = await gateway.join()
    const connection = gateway.hub.connections.get(idOf(client))
    if (connection === undefined) throw new Error('the connection is not in the hub')
    const before = gateway.hub.books.rateLimited
    const charged = connection.limits.frames?.recent
    connection.health.pinged(gateway.ports.clock.nowMs(), Infinity)
    client.send(clientFrame(10, ''))
    await gateway.until(() => connection.health.rttMs !== null)
    expect(connection.limits.frames?.recent).toBe(charged)
    client.send(...Array.from({ length: 2_000 }, () => clientFrame(10, '')))
    await gateway.until(() => connection.isPaused)
    expect(gateway.hub.books.rateLimited - before).toBeGreaterThan(100)
    client.destroy()
  })
})

describe('A connection that breaks off', () => {
  const frames = [
    clientFrame(1, '{"id":5,', { fin: false }),
    clientFrame(0, '"event":', { fin: false }),
    clientFrame(0, '"ping"}'),
  ]
  const message = Buffer.concat(frames)
  const cuts = [0, 1, 2, 5, 6, 9, 14, 15, 20, message.length - 1]

  it.each(cuts)('by a reset after byte %i of a fragmented message leaves one record', async (cut) => {
    const client = await gateway.join()
    client.send(message.subarray(0, cut))
    client.reset()
    expect(await hood.record(client)).toMatchObject({ reason: 'abnormal_reset', evidence: { error: 'ECONNRESET' } })
  })

  it.each(cuts)('by an end after byte %i of a fragmented message leaves one record', async (cut) => {
    const client = await gateway.join()
    client.send(message.subarray(0, cut))
    client.socket.end()
    expect(await hood.record(client)).toMatchObject({ reason: 'abnormal_eof' })
  })

  it('[I-2] right after the upgrade leaves one record under the id of the 101, by end or by reset', async () => {
    const ended = await gateway.open()
    ended.socket.end()
    const reset = await gateway.open()
    reset.reset()
    expect([(await hood.record(ended)).reason, (await hood.record(reset)).reason]).toEqual([
      'abnormal_eof',
      'abnormal_reset',
    ])
  })

  it.each<[number, CloseReason]>([
    [1000, 'client_close'],
    [1001, 'client_going_away'],
    [3999, 'client_app_code'],
    [4999, 'client_app_code'],
  ])('by close code %i is recorded as %s', async (code, reason) => {
    const client = await gateway.join()
    client.send(clientFrame(8, Buffer.from([code >> 8, code & 255])))
    expect((await client.closeFrame()).code).toBe(code)
    expect(await hood.record(client)).toMatchObject({ reason, clean: true, evidence: { receivedCode: code } })
  })
})

describe('A message that is never finished', () => {
  const begin = clientFrame(1, '{"id":5,"event":"ping"}')
  it.each<[string, readonly Buffer[]]>([
    ['a fragment without its last', [clientFrame(1, 'x', { fin: false })]],
    ['a header without its bytes', [begin.subarray(0, 3)]],
    ['half a payload', [begin.subarray(0, 12)]],
  ])('[L-4] (%s) closes after ten seconds', async (_name, frames) => {
    const client = await gateway.join()
    client.send(...frames)
    const connection = gateway.hub.connections.get(idOf(client))
    const before = connection?.health.heardAtMs ?? 0
    await gateway.until(() => (connection?.health.heardAtMs ?? 0) > before)
    gateway.ports.clock.skippedMs += 9_000
    client.send(clientFrame(9, ''))
    if (_name.startsWith('a fragment')) expect((await client.frame()).opcode).toBe(10)
    gateway.ports.clock.skippedMs += 1_500
    hood.neighbour.send(clientFrame(9, ''))
    expect((await hood.neighbour.frame()).opcode).toBe(10)
    expect(await hood.close(client)).toEqual(closedAs(client, 'unfinished_message'))
  })
})
