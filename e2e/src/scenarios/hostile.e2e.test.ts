import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { booksOf, imbalances } from '../support/books.ts'
import { NodeProcess } from '../support/node-process.ts'
import { RawClient } from '../support/raw-client.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

describe('a node with hostile clients', () => {
  let node: NodeProcess
  let neighbour: WsClient
  beforeAll(async () => {
    node = await NodeProcess.start()
    neighbour = await connected('neighbour')
    await neighbour.ask('join', { room: 'chat:quiet' })
  })
  afterAll(async () => {
    await neighbour?.close()
    await node?.dispose()
  })

  const connected = (sub: string): Promise<WsClient> =>
    WsClient.connect(node.gatewayUrl, node.token({ sub, rooms: { 'chat:*': ['join', 'publish'] } }))

  it.each([
    ['bad JSON', '{"id":1,'],
    ['a list', '[1,2]'],
    ['an unknown event', '{"id":1,"event":"dance","data":{}}'],
    ['wrong types', '{"id":1,"event":"join","data":{"room":7}}'],
    ['an id beyond its bounds', '{"id":99999999999,"event":"ping","data":{}}'],
    ['deep nesting', `{"id":1,"event":"publish","data":{"room":"chat:a","data":${'['.repeat(500)}${']'.repeat(500)}}}`],
    ['a prototype key', '{"id":1,"event":"publish","data":{"room":"chat:a","data":{"__proto__":{"admin":true}}}}'],
    ['a system room', '{"id":1,"event":"join","data":{"room":"sys:stats"}}'],
  ])('answers %s with a documented error and keeps the connection open', async (_, text) => {
    const client = await connected('clumsy')
    client.send(text)
    const answer = await client.next((frame) => frame.error !== undefined || frame.event === 'error')
    const code = answer.error?.code ?? answer['code']
    expect(['bad_request', 'unknown_event', 'unknown_room']).toContain(code)
    expect(JSON.stringify(answer)).not.toContain('admin')
    await client.ask('ping', {})
    await client.close()
  })

  it.each([
    ['binary', (raw: RawClient) => raw.socket.write(Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1])), 1003],
    ['no mask', (raw: RawClient) => raw.socket.write(Buffer.from([0x81, 0x01, 0x61])), 1002],
    ['a reserved opcode', (raw: RawClient) => raw.socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0])), 1002],
    ['text that is not UTF-8', (raw: RawClient) => raw.socket.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff])), 1007],
    [
      'a frame beyond the limit',
      (raw: RawClient) => raw.socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])),
      1009,
    ],
  ])('closes a client that sends %s with its own code', async (_, send, code) => {
    const raw = await RawClient.open(node.gatewayUrl, node.token({ sub: 'rogue', rooms: {} }))
    const chunks: Buffer[] = []
    raw.socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    send(raw)
    await once(raw.socket, 'close')
    const bytes = Buffer.concat(chunks)
    const at = bytes.lastIndexOf(0x88)
    expect(bytes.readUInt16BE(at + 2)).toBe(code)
  })

  it('closes a client that sends only invalid frames', async () => {
    const client = await connected('babbler')
    for (let i = 0; i < 40 && client.closed === undefined; i += 1) client.send('nonsense')
    expect(await client.whenClosed()).toEqual({ code: 4511, reason: `too_many_errors ${client.connection}` })
  })

  it('survives input that is not HTTP, and half a request', async () => {
    const { hostname, port } = new URL(node.gatewayUrl)
    for (const text of [
      '\u0000\u0001\u0002',
      'GET /ws HTTP/1.1\r\nHost: x',
      `GET /ws HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    ]) {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.end(text)
      socket.resume()
      await once(socket, 'close')
    }
    expect((await node.rest.fetch('/livez')).status).toBe(200)
  })

  it('keeps serving the others, and explains every close', async () => {
    expect(await neighbour.seen((frame) => frame.event !== 'connected')).toEqual([])
    const books = await until('only the neighbour is left', async () => {
      const books = await booksOf(node.rest)
      return books.open === 1 ? books : undefined
    })
    expect(imbalances(books)).toEqual([])
    expect(books.closedByReason['unknown'] ?? 0).toBe(0)
    expect(books.closedByReason).toMatchObject({
      unsupported_data: 1,
      protocol_error: 2,
      invalid_payload: 1,
      message_too_big: 1,
    })
    expect(node.hasExited).toBe(false)
  })
})
