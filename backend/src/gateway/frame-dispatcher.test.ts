import { createHook } from 'node:async_hooks'
import { encode } from '@msgpack/msgpack'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TokenVerdict } from '../realtime/ports/token-verifier.js'
import { RoomGuard } from './guards/room.guard.js'
import { RateLimitInterceptor } from './interceptors/rate-limit.interceptor.js'
import type { RawClient } from './testing/raw-client.js'
import { clientFrame } from './testing/raw-client.js'
import type { TestGatewayOptions } from './testing/test-gateway.js'
import { TestGateway, token } from './testing/test-gateway.js'
import type { WsSocket } from './ws-socket.js'

let gateway: TestGateway
afterEach(async () => {
  vi.restoreAllMocks()
  await gateway.stop()
})

const start = async (options?: TestGatewayOptions): Promise<TestGateway> => (gateway = await TestGateway.start(options))
const only = () => [...gateway.hub.connections.values()][0]
const socketOf = () => only()?.socket as WsSocket

/** Reads until every id has its reply. */
async function replies(client: RawClient, ids: readonly number[]): Promise<Record<string, unknown>[]> {
  const missing = new Set(ids)
  const seen: Record<string, unknown>[] = []
  while (missing.size > 0) {
    const frame = await client.json()
    seen.push(frame)
    if (typeof frame['id'] === 'number') missing.delete(frame['id'])
  }
  return seen
}

/** Epochs are random. */
const withoutEpoch = (frame: Record<string, unknown>) =>
  JSON.parse(JSON.stringify(frame, (key, value: unknown) => (key === 'epoch' ? undefined : value))) as Record<
    string,
    unknown
  >

const publish = (id: number | undefined, room: string, data: unknown = id) =>
  JSON.stringify({ ...(id === undefined ? {} : { id }), event: 'publish', data: { room, data } })

describe('Both lanes of a publish', () => {
  /** One client's session over one lane; time stands still, so that limits answer alike. */
  async function transcript(forceControlRoad: boolean) {
    const node = await TestGateway.start({
      gateway: { forceControlRoad },
      hub: { messageRate: 10, messageBurst: 30, maxRooms: 5 },
    })
    gateway = node
    node.ports.clock.frozenAtMs = performance.now()
    const client = await node.open()
    client.sendText({
      id: 1,
      event: 'connect',
      data: { token: await token('alice', { 'chat:*': ['publish', 'join'], quiet: ['join'] }) },
    })
    const ids = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    const frames = [
      publish(2, 'chat:a'),
      publish(3, 'chat:a'),
      publish(4, 'quiet'),
      publish(5, 'sys:stats'),
      publish(6, 'elsewhere'),
      publish(undefined, 'chat:a', 'untold'),
      publish(undefined, 'quiet', 'untold'),
      '{"id":7,"event":"publish","data":{"room":"chat:a"}}',
      '{"id":8,"event":"join","data":{"room":"chat:a"}}',
      publish(9, 'chat:a'),
      publish(10, 'chat:b', { deep: [1] }),
      '{"id":11,"event":"ping","data":{}}',
    ]
    for (let id = 12; id <= 45; id += 1) {
      frames.push(publish(id, 'chat:a'))
      ids.push(id)
    }
    await replies(client, [1])
    client.send(...frames.map((text) => clientFrame(1, text)))
    const seen = await replies(client, ids)
    await node.until(() => node.hub.books.queuedDeliveries === 0)
    const books = node.hub.books.snapshot()
    const counters = { ...node.hub.books.errorsByCode, rateLimited: node.hub.books.rateLimited }
    const state = {
      errors: only()?.health.errors,
      messagesIn: only()?.health.messagesIn,
      faults: only()?.errorTally?.faults,
    }
    await node.stop()
    const byId = seen
      .filter((frame) => 'id' in frame)
      .map(withoutEpoch)
      .toSorted((a, b) => Number(a['id']) - Number(b['id']))
    const pushes = seen.filter((frame) => !('id' in frame) && frame['event'] !== 'message')
    const messages = seen.filter((frame) => frame['event'] === 'message').map(withoutEpoch)
    return { byId, pushes, messages, books, counters, state }
  }

  it('agree in replies, pushes, counters and limits', async () => {
    const guard = vi.spyOn(RoomGuard.prototype, 'canActivate')
    const fast = await transcript(false)
    const fastGuards = guard.mock.calls.length
    const slow = await transcript(true)
    await start()
    expect(slow).toEqual(fast)
    expect(fast.counters).toMatchObject({ forbidden: 3, unknown_room: 1, bad_request: 1 })
    expect(fast.counters.rateLimited).toBeGreaterThan(10)
    expect(fast.byId.filter((reply) => 'ok' in reply).length).toBeGreaterThan(15)
    // First publishes to five rooms and one join, against one guard a frame.
    expect(fastGuards).toBeLessThan(10)
    expect(guard.mock.calls.length - fastGuards).toBeGreaterThan(40)
  })
})

describe('The control lane', () => {
  it('runs guard and interceptor for its frames, and not for publishes with a stored grant', async () => {
    await start()
    const guard = vi.spyOn(RoomGuard.prototype, 'canActivate')
    const interceptor = vi.spyOn(RateLimitInterceptor.prototype, 'intercept')
    const client = await gateway.join('chat:a')
    expect([guard.mock.calls.length, interceptor.mock.calls.length]).toEqual([1, 2])
    client.sendText(publish(5, 'chat:a'))
    client.sendText(publish(6, 'chat:other'))
    client.sendText(publish(7, 'chat:other'))
    await replies(client, [5, 6, 7])
    expect([guard.mock.calls.length, interceptor.mock.calls.length]).toEqual([2, 3])
  })

  it('answers a publish with a stored grant in the turn it arrives in', async () => {
    await start()
    const client = await gateway.join('chat:a')
    const connection = only()
    const spy = vi.spyOn(gateway.ports.bus, 'publish')
    expect(connection).toBeDefined()
    if (connection !== undefined) gateway.edge.message(socketOf(), Buffer.from(publish(5, 'chat:a')), false)
    expect(spy).toHaveBeenCalledTimes(1)
    await replies(client, [5])
  })

  it('gives one result for each room of a join of many', async () => {
    await start()
    const client = await gateway.join()
    client.sendText({
      id: 5,
      event: 'join',
      data: { rooms: [{ room: 'chat:a' }, { room: 'secret' }, { room: 'sys:x' }, { room: 'chat:b' }] },
    })
    const [answer] = await replies(client, [5])
    expect(answer).toMatchObject({
      ok: {
        results: [
          { room: 'chat:a', ok: { offset: 0 } },
          { room: 'secret', error: { code: 'forbidden' } },
          { room: 'sys:x', error: { code: 'unknown_room' } },
          { room: 'chat:b', ok: { offset: 0 } },
        ],
      },
    })
  })

  it('keeps no handlers and no lane on an idle socket', async () => {
    await start()
    const client = await gateway.join('chat:a')
    expect(socketOf().lane).toBeNull()
    expect(socketOf().handlers).toBeNull()
    client.sendText({ id: 5, event: 'leave', data: { room: 'chat:a' } })
    await replies(client, [5])
    expect(socketOf().handlers).toBeNull()
  })

  /** A verifier that waits until the test lets it go on. */
  function gate() {
    const { promise, resolve } = Promise.withResolvers<void>()
    const verdict: TokenVerdict = {
      ok: true,
      token: {
        subject: 'alice',
        rooms: new Map([['**', ['join', 'publish']]]),
        expiresAt: Date.now() + 60_000,
        issuedAt: null,
        issuer: null,
        tokenId: null,
      },
    }
    return { open: resolve, tokens: { verify: () => promise.then(() => verdict) } }
  }

  it('holds data frames behind a control frame, stops reading at 256, and serves all in order', async () => {
    const { open, tokens } = gate()
    await start({
      hub: { messageRate: 0 },
      tokens: { verify: async () => ({ ok: true, token: (await tokens.verify()).token }) },
    })
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: { token: 'x' } })
    const ids = Array.from({ length: 600 }, (_, at) => at + 2)
    client.send(...ids.map((id) => clientFrame(1, publish(id, 'order', id))))
    await gateway.until(() => only()?.isUnread === true, 'a pause')
    expect(gateway.hub.books.published).toBe(0)
    open()
    const seen = await replies(client, ids)
    expect(seen.filter((frame) => 'ok' in frame).map((frame) => frame['id'])).toEqual([1, ...ids])
    expect(seen.slice(1).map((frame) => (frame['ok'] as { offset: number }).offset)).toEqual(ids.map((id) => id - 1))
    expect(only()?.isUnread).toBe(false)
  })

  it('[O-8] keeps no more than 16 KiB for a connection that has not authenticated', async () => {
    const { open, tokens } = gate()
    await start({
      hub: { messageRate: 0 },
      tokens: { verify: async () => ({ ok: true, token: (await tokens.verify()).token }) },
    })
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: { token: 'x' } })
    client.sendText(publish(2, 'a', 'x'.repeat(9_000)))
    client.sendText(publish(3, 'a', 'x'.repeat(9_000)))
    await gateway.until(() => only()?.isUnread === true, 'a pause')
    open()
    await replies(client, [1, 2, 3])
    expect(only()?.isUnread).toBe(false)
  })

  it('forgets what waits when its client goes away meanwhile', async () => {
    const { open, tokens } = gate()
    await start({ tokens: { verify: async () => ({ ok: true, token: (await tokens.verify()).token }) } })
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: { token: 'x' } })
    client.sendText(publish(2, 'a'))
    await gateway.until(() => (only()?.health.messagesIn ?? 0) === 2)
    client.reset()
    await gateway.until(() => gateway.hub.connections.size === 0)
    open()
    await new Promise((resolve) => setImmediate(resolve))
    expect(gateway.hub.books.published).toBe(0)
    expect(gateway.log.failures).toEqual([])
  })

  it('charges a refresh once, before its token is checked', async () => {
    const { open, tokens } = gate()
    open()
    const verify = vi.fn(tokens.verify)
    await start({ hub: { messageRate: 3, messageBurst: 10 }, tokens: { verify } })
    gateway.ports.clock.frozenAtMs = performance.now()
    const client = await gateway.join()
    const ids = Array.from({ length: 20 }, (_, at) => at + 2)
    for (const id of ids) client.sendText({ id, event: 'refresh', data: { token: 'x' } })
    const answers = await replies(client, ids)
    expect(answers.filter((frame) => 'ok' in frame)).toHaveLength(9)
    expect(answers.filter((frame) => 'error' in frame)).toHaveLength(11)
    expect(verify).toHaveBeenCalledTimes(10)
  })

  it('[L-1] charges a refused frame as much as a served one', async () => {
    await start({ hub: { messageRate: 3, messageBurst: 10 } })
    gateway.ports.clock.frozenAtMs = performance.now()
    const client = await gateway.join()
    const ids = Array.from({ length: 20 }, (_, at) => at + 2)
    for (const id of ids) client.sendText({ id, event: 'presence', data: { room: 'secret' } })
    const codes = (await replies(client, ids)).map((frame) => (frame['error'] as { code: string }).code)
    expect(codes.filter((code) => code === 'forbidden')).toHaveLength(9)
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(11)
  })
})

describe('The data lane', () => {
  /** Where our code begins promises and microtasks while `act` runs and until the second turn after it. */
  function promisesOf(act: () => void): Promise<string[]> {
    const begun: string[] = []
    const { stackTraceLimit } = Error
    const hook = createHook({
      init: (_id, type) => {
        if (type !== 'PROMISE' && type !== 'Microtask') return
        // The test runner talks to its parent at times; the first call is this hook's own.
        const calls = new Error(type).stack?.split('\n').slice(2) ?? []
        if (calls.some((call) => call.includes('/backend/'))) begun.push(calls.join('\n'))
      },
    })
    return new Promise((resolve) => {
      const stop = (): void => {
        hook.disable()
        Error.stackTraceLimit = stackTraceLimit
        resolve(begun)
      }
      Error.stackTraceLimit = 200
      // In a turn of its own, so that the test's own waiting is not counted.
      setImmediate(() => {
        hook.enable()
        act()
        setImmediate(() => setImmediate(stop))
      })
    })
  }

  it.each(['gatehouse.v1.json', 'gatehouse.v1.msgpack'])(
    'runs without a promise or a microtask, from the frame to the room and back, in %s',
    async (subprotocol) => {
      await start({ hub: { messageRate: 0 } })
      const isBinary = subprotocol.endsWith('msgpack')
      const frame = (id: number, event: string, data: unknown): Buffer =>
        isBinary ? Buffer.from(encode({ id, event, data })) : Buffer.from(JSON.stringify({ id, event, data }))
      const client = await gateway.open({ headers: { 'Sec-WebSocket-Protocol': subprotocol } })
      client.send(clientFrame(isBinary ? 2 : 1, frame(1, 'connect', { token: await token() })))
      client.send(clientFrame(isBinary ? 2 : 1, frame(2, 'join', { room: 'chat:a' })))
      await replies(client, [1, 2])
      const socket = socketOf()
      const ids = Array.from({ length: 200 }, (_, at) => at + 3)
      const promises = await promisesOf(() => {
        for (const id of ids) {
          gateway.edge.message(socket, frame(id, 'publish', { room: 'chat:a', data: id }), isBinary)
        }
        gateway.edge.message(socket, frame(999, 'ping', {}), isBinary)
      })
      expect(promises).toEqual([])
      expect(gateway.hub.books.published).toBe(200)
      expect(
        await promisesOf(() => gateway.edge.message(socket, frame(1_000, 'leave', { room: 'x' }), isBinary)),
      ).not.toEqual([])
      await replies(client, [...ids, 999, 1_000])
    },
  )
})
