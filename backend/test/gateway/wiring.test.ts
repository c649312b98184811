import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { WebSocketGateway } from '@nestjs/websockets'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket as WsClient } from 'ws'
import { GatehouseWsAdapter } from '../../src/gateway/gatehouse-ws.adapter.js'
import { GatewayEdge } from '../../src/gateway/gateway-edge.js'
import { gatewayDefaults } from '../../src/gateway/gateway-settings.js'
import { HubGateway } from '../../src/gateway/hub.gateway.js'
import { RealtimeGateway } from '../../src/gateway/realtime.gateway.js'
import type { RawClient } from '../../src/gateway/testing/raw-client.js'
import { clientFrame } from '../../src/gateway/testing/raw-client.js'
import type { TestGatewayOptions } from '../../src/gateway/testing/test-gateway.js'
import { TestGateway, token } from '../../src/gateway/testing/test-gateway.js'
import { testTls } from '../../src/gateway/testing/tls.js'

let gateway: TestGateway
afterEach(async () => {
  vi.restoreAllMocks()
  await gateway.stop()
})

const start = async (options?: TestGatewayOptions): Promise<TestGateway> => (gateway = await TestGateway.start(options))

/** Everything that the process prints while the test runs. */
function output(): () => string {
  const written: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written.push(String(chunk))
      return true
    })
  }
  for (const method of ['log', 'error', 'warn', 'info', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation(
      (...values: unknown[]) => void written.push(values.map(String).join(' ')),
    )
  }
  return () => written.join('')
}

const CANARY = 'canary-5f0e'
const fail = (): never => {
  throw new Error(CANARY)
}

/** Breaks the part of the hub that serves this frame. */
function breakPart(event: 'join' | 'leave' | 'presence' | 'history' | 'publish' | 'ping' | 'ack'): void {
  const { hub } = gateway
  const spies = {
    join: () => vi.spyOn(hub.joiner, 'join').mockImplementation(fail),
    leave: () => vi.spyOn(hub.memberships, 'leave').mockImplementation(fail),
    presence: () => vi.spyOn(hub.reader, 'presence').mockImplementation(fail),
    history: () => vi.spyOn(hub.reader, 'history').mockImplementation(fail),
    publish: () => vi.spyOn(hub.publisher, 'publish').mockImplementation(fail),
    ping: () => vi.spyOn(hub.replier, 'reply').mockImplementation(fail),
    ack: () => vi.spyOn(hub.receipts, 'ack').mockImplementation(fail),
  }
  spies[event]()
}

describe('A failure inside', () => {
  const frames = [
    { event: 'join', data: { room: 'chat:a' } },
    { event: 'leave', data: { room: 'chat:a' } },
    { event: 'presence', data: { room: 'chat:a' } },
    { event: 'history', data: { room: 'chat:a' } },
    { event: 'publish', data: { room: 'chat:new', data: CANARY } },
    { event: 'refresh', data: { token: CANARY } },
    { event: 'ping', data: {} },
    { event: 'ack', data: { room: 'chat:a', offset: 1 } },
  ] as const

  it.each(frames.map((frame) => [frame.event, frame] as const))(
    'of %s is answered as internal, reveals nothing, and the connection stays open',
    async (event, frame) => {
      const written = output()
      await start()
      const client = await gateway.join()
      if (event === 'refresh') gateway.edge.context.tokens.verify = () => Promise.reject(new Error(CANARY))
      else breakPart(event)
      client.sendText({ id: 7, ...frame })
      const reply = await client.json()
      expect(reply).toEqual({ id: 7, error: { code: 'internal', message: expect.any(String) } })
      vi.restoreAllMocks()
      client.sendText({ id: 8, event: 'ping' })
      expect(await client.json()).toEqual({ id: 8, ok: {} })
      expect(gateway.log.failures).toMatchObject([{ event, fault: 'Error' }])
      expect(JSON.stringify([reply, gateway.log.failures, written()])).not.toContain(CANARY)
    },
  )

  it.each(['grants', 'limiter'] as const)(
    'of a guard or an interceptor (%s) is answered in the same way',
    async (part) => {
      const written = output()
      await start()
      const client = await gateway.join()
      if (part === 'grants') vi.spyOn(gateway.hub.grants, 'of').mockImplementation(fail)
      else vi.spyOn(gateway.hub.limiter, 'take').mockImplementation(fail)
      client.sendText({ id: 7, event: 'join', data: { room: `chat:${CANARY}` } })
      expect(await client.json()).toMatchObject({ id: 7, error: { code: 'internal' } })
      expect(JSON.stringify([gateway.log.failures, written()])).not.toContain(CANARY)
    },
  )

  it('of connect is answered, and the token is in no log', async () => {
    const written = output()
    await start()
    const jwt = await token()
    const client = await gateway.open()
    vi.spyOn(gateway.hub.authenticator, 'authenticate').mockImplementation(fail)
    client.sendText({ id: 1, event: 'connect', data: { token: jwt } })
    expect(await client.json()).toMatchObject({ id: 1, error: { code: 'internal' } })
    expect(JSON.stringify([gateway.log.failures, written()])).not.toContain(jwt.slice(0, 40))
  })

  it('that cannot be answered closes as internal_error and affects no other connection', async () => {
    await start()
    const neighbour = await gateway.join()
    const client = await gateway.join()
    const spy = vi.spyOn(gateway.hub, 'received').mockImplementation(fail)
    client.sendText({ id: 7, event: 'ping' })
    expect(await closeReason(client)).toBe('internal_error')
    spy.mockRestore()
    neighbour.sendText({ id: 8, event: 'ping' })
    expect(await neighbour.json()).toEqual({ id: 8, ok: {} })
  })
})

async function closeReason(client: RawClient): Promise<unknown> {
  for (;;) {
    const frame = await client.json()
    if (frame['event'] === 'disconnect') return frame['reason']
  }
}

describe('The wiring', () => {
  it('uses the same copy of ws as platform-ws', () => {
    const ours = createRequire(import.meta.url)
    const nests = createRequire(ours.resolve('@nestjs/platform-ws'))
    expect(dirname(nests.resolve('ws'))).toBe(dirname(ours.resolve('ws')))
  })

  it('has no handlers, guards or interceptors that are built for each frame', async () => {
    await start()
    const container = (
      gateway.app as unknown as {
        container: {
          getModules(): Map<string, { injectables: Map<unknown, Wrapper>; providers: Map<unknown, Wrapper> }>
        }
      }
    ).container
    const wrappers = [...container.getModules().values()].flatMap((module) => [
      ...module.providers.values(),
      ...module.injectables.values(),
    ])
    const named = wrappers.filter((wrapper) => /Guard|Interceptor|Filter|Gateway/.test(wrapper.name))
    expect(named.map((wrapper) => wrapper.name)).toEqual(
      expect.arrayContaining([
        'RealtimeGateway',
        'JwtGuard',
        'RoomGuard',
        'RateLimitInterceptor',
        'ProtocolExceptionFilter',
      ]),
    )
    for (const wrapper of named) expect(wrapper.isDependencyTreeStatic()).toBe(true)
  })

  it('serves a second gateway class with the same handlers and its own hub', async () => {
    const other = await TestGateway.start({ gatewayClass: OtherGateway })
    const client = await other.join('chat:a')
    client.sendText({ id: 9, event: 'presence', data: { room: 'chat:a' } })
    expect(await client.json()).toMatchObject({ id: 9, ok: { members: [{ user: 'alice', connections: 1 }], count: 1 } })
    await other.stop()
    await start()
  })

  it('refuses two gateway classes on one path, and limits that ws would read as no limit', async () => {
    await start()
    const adapter = new GatehouseWsAdapter(gateway.app, gatewayDefaults)
    adapter.create(0, { path: '/ws' })
    expect(() => adapter.create(0, { path: '/ws' })).toThrow('/ws is taken')
    for (const maxFrameBytes of [0, -1, 2 ** 32, 1.5]) {
      expect(() => new GatehouseWsAdapter(gateway.app, { ...gatewayDefaults, maxFrameBytes })).toThrow(
        /maxFrameBytes is/,
      )
    }
  })

  it('closes the application without touching open sockets', async () => {
    await start()
    const client = await gateway.join()
    await gateway.app.close()
    client.sendText({ id: 5, event: 'ping' })
    expect(await client.json()).toEqual({ id: 5, ok: {} })
  })

  it('serves an ordinary WebSocket library', async () => {
    await start()
    const socket = new WsClient(`ws://127.0.0.1:${gateway.port}/ws`, ['gatehouse.v1.json', `bearer.${await token()}`])
    const first = await new Promise((resolve, reject) => {
      socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString())))
      socket.once('error', reject)
    })
    expect(first).toMatchObject({ event: 'connected' })
    expect(socket.protocol).toBe('gatehouse.v1.json')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.close(1000)
    expect(await closed).toBe(1000)
  })

  it('serves TLS sockets in the same way, including joined writes and faults', async () => {
    await start({ gateway: { tls: testTls } })
    const client = await gateway.join('chat:a')
    const connection = [...gateway.hub.connections.values()][0]
    expect(connection?.openedBy.isTls).toBe(true)
    client.send(
      ...[1, 2, 3].map((data) => clientFrame(1, JSON.stringify({ event: 'publish', data: { room: 'chat:a', data } }))),
    )
    for (const data of [1, 2, 3]) expect(await client.json()).toMatchObject({ event: 'message', data })
    client.send(clientFrame(1, 'x', { isMasked: false }))
    expect(await closeReason(client)).toBe('protocol_error')
  })

  it('counts bytes that are not TLS as a bad request on a TLS port', async () => {
    await start({ gateway: { tls: testTls } })
    const { connect } = await import('node:net')
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write('GET /ws HTTP/1.1\r\n\r\n'))
    socket.on('error', () => undefined)
    await gateway.until(() => gateway.hub.books.badRequests === 1)
    socket.destroy()
    expect(gateway.hub.books.snapshot().attempts).toBe(0)
  })
})

interface Wrapper {
  readonly name: string
  isDependencyTreeStatic(): boolean
}

@WebSocketGateway({ path: '/ws' })
class OtherGateway extends HubGateway {
  constructor(protected override readonly edge: GatewayEdge) {
    super()
  }
}

describe('The gateway class', () => {
  it('handles the control frames of the protocol and publish, and nothing else', async () => {
    await start()
    const handlers = gateway.app.get(RealtimeGateway)
    expect(
      Object.getOwnPropertyNames(HubGateway.prototype)
        .filter((name) => name.startsWith('on'))
        .toSorted(),
    ).toEqual(['onConnect', 'onHistory', 'onJoin', 'onLeave', 'onPresence', 'onPublish', 'onRefresh'])
    expect(handlers).toBeInstanceOf(HubGateway)
  })
})
