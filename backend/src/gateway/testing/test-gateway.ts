import 'reflect-metadata'
import type { Right } from '@gatehouse/protocol'
import type { INestApplication, Type } from '@nestjs/common'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { JoseTokenVerifier } from '../../infra/jwt/jose-token-verifier.js'
import { mintToken } from '../../infra/jwt/mint-token.js'
import type { TokenSettings } from '../../infra/jwt/token-settings.js'
import { Admission } from '../../realtime/admission/admission.js'
import type { HubSettings } from '../../realtime/ports/hub-settings.js'
import { defaultHubSettings } from '../../realtime/ports/hub-settings.js'
import { Hub } from '../../realtime/hub.js'
import type { AdmissionSettings } from '../../realtime/admission/opening-request.js'
import type { TokenVerifier } from '../../realtime/ports/token-verifier.js'
import { EdgeLog } from '../edge-log.js'
import { GatehouseWsAdapter } from '../gatehouse-ws.adapter.js'
import { GatewayEdge } from '../gateway-edge.js'
import { GatewayListener } from '../gateway-listener.js'
import type { GatewaySettings } from '../gateway-settings.js'
import { gatewayDefaults } from '../gateway-settings.js'
import { OpeningReader } from '../opening-reader.js'
import { Opening } from '../opening.js'
import { RealtimeGateway } from '../realtime.gateway.js'
import { testPorts } from './memory-ports.js'
import type { TestPorts } from './memory-ports.js'
import type { UpgradeOptions } from './raw-client.js'
import { RawClient } from './raw-client.js'

export const tokenSettings: TokenSettings = {
  secret: new TextEncoder().encode('a secret of the tests, 32 bytes!'),
  jwks: null,
  algorithms: [],
  issuer: null,
  audience: null,
}

export type Rooms = Readonly<Record<string, readonly Right[]>>
const CHAT: Rooms = { 'chat:**': ['join', 'publish', 'presence', 'history'] }

export function token(
  subject = 'alice',
  rooms: Rooms = CHAT,
  lifetimeMs = 60_000,
  nowMs = Date.now(),
): Promise<string> {
  return mintToken(tokenSettings, { subject, rooms, lifetimeMs, nowMs }).then((minted) => minted.token)
}

export class TestLog extends EdgeLog {
  readonly failures: Parameters<EdgeLog['handlerFailed']>[0][] = []
  override handlerFailed(facts: Parameters<EdgeLog['handlerFailed']>[0]): void {
    this.failures.push(facts)
  }
}

export interface TestGatewayOptions {
  readonly gateway?: Partial<GatewaySettings>
  readonly hub?: Partial<HubSettings>
  readonly admission?: Partial<AdmissionSettings>
  readonly ports?: Partial<TestPorts>
  readonly tokens?: TokenVerifier
  /** Replaces the gateway class, with whatever its decorators add. */
  readonly gatewayClass?: Type
  readonly providers?: readonly Type[]
}

interface TestGatewayParts {
  readonly app: INestApplication
  readonly hub: Hub
  readonly admission: Admission
  readonly edge: GatewayEdge
  readonly listener: GatewayListener
  readonly opening: Opening
  readonly ports: TestPorts
  readonly log: TestLog
  readonly port: number
  readonly isSecure: boolean
}

/** A whole edge on a free port, with the core behind it and memory ports. */
export class TestGateway {
  readonly app: INestApplication
  readonly hub: Hub
  readonly admission: Admission
  readonly edge: GatewayEdge
  readonly opening: Opening
  readonly ports: TestPorts
  readonly log: TestLog
  readonly port: number
  readonly #parts: TestGatewayParts
  readonly #clients: RawClient[] = []

  private constructor(parts: TestGatewayParts) {
    this.#parts = parts
    this.app = parts.app
    this.hub = parts.hub
    this.admission = parts.admission
    this.edge = parts.edge
    this.opening = parts.opening
    this.ports = parts.ports
    this.log = parts.log
    this.port = parts.port
  }

  static async start(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const settings: GatewaySettings = { ...gatewayDefaults, port: 0, ...options.gateway }
    const ports: TestPorts = { ...testPorts(), ...options.ports }
    // A ping at a random moment would get between the frames that a test counts.
    const hub = new Hub(ports, { ...defaultHubSettings, nodeId: 'n1', pingMs: 0, ...options.hub })
    const admission = new Admission(hub, { ...openAdmission, ...options.admission })
    const log = new TestLog()
    const tokens = options.tokens ?? JoseTokenVerifier.open(tokenSettings, ports.clock)
    const context = { hub, tokens, log, forceControlRoad: settings.forceControlRoad }
    const edge = new GatewayEdge(context, settings, ports.clock)
    const gatewayClass = options.gatewayClass ?? RealtimeGateway

    @Module({
      providers: [{ provide: GatewayEdge, useValue: edge }, gatewayClass, ...(options.providers ?? [])],
    })
    class TestModule {}

    const app = await NestFactory.create(TestModule, { logger: ['error', 'warn'] })
    app.useWebSocketAdapter(new GatehouseWsAdapter(app, settings))
    await app.init()
    const opening = new Opening(new OpeningReader(settings), admission, edge, ports.random)
    const listener = new GatewayListener(settings, opening, {
      isReady: () => true,
      countBadRequest: () => (hub.books.badRequests += 1),
      requestId: () => ports.random.id(10),
    })
    const port = await listener.listen()
    const isSecure = settings.tls !== null
    return new TestGateway({ app, hub, admission, edge, listener, opening, ports, log, port, isSecure })
  }

  async open(options: UpgradeOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(this.port, options, this.#parts.isSecure)
    this.#clients.push(client)
    return client
  }

  /** A socket that has sent nothing yet. */
  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.port, this.#parts.isSecure)
    this.#clients.push(client)
    return client
  }

  /** An open connection that has said `connect` and read the answer. */
  async join(...rooms: readonly string[]): Promise<RawClient> {
    const client = await this.open()
    await this.authenticate(client)
    for (const [at, room] of rooms.entries()) {
      client.sendText({ id: 100 + at, event: 'join', data: { room } })
      await client.json()
    }
    return client
  }

  async authenticate(client: RawClient, subject?: string, rooms?: Rooms): Promise<Record<string, unknown>> {
    client.sendText({ id: 1, event: 'connect', data: { token: await token(subject, rooms) } })
    return client.json()
  }

  /** Resolves when `isSo` holds; checked after each turn of the loop. */
  async until(isSo: () => boolean, what = 'what the test waits for'): Promise<void> {
    const deadline = performance.now() + 8_000
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`${what} did not happen`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    for (const connection of this.hub.connections.values()) connection.socket.terminate()
    await this.until(() => this.hub.connections.size === 0, 'the end of all connections')
    await this.#parts.listener.close()
    await this.app.close()
    this.edge.stop()
    this.hub.stop()
    this.ports.clock.stop()
  }
}

const openAdmission: AdmissionSettings = {
  isProduction: false,
  allowedOrigins: [],
  firstFrameAuth: true,
  maxConnections: 0,
  maxConnectionsPerAddress: 0,
  maxConnectionsPerUser: 0,
  connectRatePerAddress: 0,
  connectRate: 0,
  recordAddress: 'full',
  loopDelayMs: () => 0,
}
