import { Global, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { Position, Right } from '@gatehouse/protocol'
import type { Role, Verb } from '@gatehouse/protocol/rest'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import 'reflect-metadata'
import request from 'supertest'
import { ConnectionView } from '../../../src/control/connections/connection-view.js'
import { ControlModule } from '../../../src/control/control.module.js'
import { ControlSettings } from '../../../src/control/control-settings.js'
import { ControlHub } from '../../../src/control/live/control-hub.js'
import { LiveViewers } from '../../../src/control/live/live-viewers.js'
import { makeControlHub } from '../../../src/control/live/make-control-hub.js'
import { ViewerTokens } from '../../../src/control/live/viewer-tokens.js'
import { ClosedRooms } from '../../../src/control/ports/closed-rooms.js'
import { ControlLog } from '../../../src/control/ports/control-log.js'
import { KnownBans } from '../../../src/control/ports/known-bans.js'
import { MetricsText } from '../../../src/control/ports/metrics-text.js'
import { NodeFacts } from '../../../src/control/ports/node-facts.js'
import { TokenMint } from '../../../src/control/ports/token-mint.js'
import { Viewers } from '../../../src/control/ports/viewers.js'
import { prepareControlApp } from '../../../src/control/prepare-control-app.js'
import { ConfiguredRoomTypes } from '../../../src/control/rooms/configured-room-types.js'
import { EdgeLog } from '../../../src/gateway/edge-log.js'
import { GatehouseWsAdapter } from '../../../src/gateway/gatehouse-ws.adapter.js'
import { gatewayDefaults } from '../../../src/gateway/gateway-settings.js'
import { memoryStreams } from '../../../src/infra/memory/memory-stream-ports.js'
import { MemoryLimits } from '../../../src/infra/memory/memory-limits.js'
import { MemorySessions } from '../../../src/infra/memory/memory-sessions.js'
import { MsgpackCodec } from '../../../src/infra/msgpack/msgpack-codec.js'
import { SystemClock } from '../../../src/infra/system-clock.js'
import { SystemRandom } from '../../../src/infra/system-random.js'
import { CloseWatch } from '../../../src/operations/run/close-watch.js'
import { NodeState } from '../../../src/operations/service/node-state.js'
import { OperationEngine } from '../../../src/operations/run/operation-engine.js'
import type { Connection } from '../../../src/realtime/connections/connection.js'
import { Hub } from '../../../src/realtime/hub.js'
import { defaultHubSettings } from '../../../src/realtime/ports/hub-settings.js'
import { Clock } from '../../../src/realtime/ports/clock.js'
import { Random } from '../../../src/realtime/ports/random.js'
import { builtInRoomType, type RoomType } from '../../../src/realtime/room-types/room-type.js'
import { FakeSocket } from '../../../src/realtime/testing/fake-socket.js'
import { openTempFolder, testDatabase } from '../../../src/store/embedded/testing.js'
import * as repositories from '../../../src/store/repositories/index.js'
import { openStore, type StoreOptions } from '../../../src/store/store.js'

/** Accepts only objects with a text, as a compiled schema would. */
const typedRoomType: RoomType = {
  ...builtInRoomType,
  pattern: 'typed:*',
  payloadFault: (payload) =>
    typeof (payload as { text?: unknown } | null)?.text === 'string'
      ? undefined
      : { path: '/a~1b/text', message: 'must be string' },
}

const history = { count: 5, bytes: 100_000, ageMs: 600_000 }
const usualTypes: readonly RoomType[] = [
  { ...builtInRoomType, pattern: 'confirmed:*', receipts: true },
  { ...builtInRoomType, pattern: 'kept:*', kind: 'recoverable', history },
  typedRoomType,
  builtInRoomType,
]

export const ADMIN_KEY = 'test-admin-key-0123456789-0123456789-abcdef'

/** A control plane over a real hub, engine and PostgreSQL; clients are fake sockets. */
export async function startControlNode(connection?: StoreOptions['connection'], moreTypes: readonly RoomType[] = []) {
  const roomTypes = [...moreTypes, ...usualTypes]
  const database = connection === undefined ? await testDatabase() : undefined
  const dataDir = openTempFolder('gatehouse-control-')
  const dashboardFolder = join(dataDir, 'dashboard')
  mkdirSync(join(dashboardFolder, 'assets'), { recursive: true })
  writeFileSync(join(dashboardFolder, 'index.html'), '<!doctype html><title>Gatehouse</title><div id="app"></div>')
  writeFileSync(join(dashboardFolder, 'assets', 'app-abc123.js'), `console.log(${JSON.stringify('x'.repeat(2000))})`)
  const clock = new SystemClock()
  const random = new SystemRandom()
  const store = await openStore({
    connection: connection ?? (database as NonNullable<typeof database>).connection,
    dataDir,
    nodeId: 'n1',
    isSoleNode: false,
    drainMs: 2_000,
    clock,
    random,
    log: { warn: () => undefined, error: () => undefined },
  })
  await store.start()
  const closes = new CloseWatch(store.records)
  const own = () => ({
    clock,
    random,
    ...memoryStreams(clock, random),
    sessions: new MemorySessions(clock, random),
    limits: new MemoryLimits(clock),
    codec: new MsgpackCodec(),
  })
  const hub = new Hub(
    { ...own(), bans: store.banCache, roomStates: store.roomStateCache, records: closes },
    { ...defaultHubSettings, nodeId: 'n1', maxConnectionsPerUser: 0, roomTypes },
  )
  const control = makeControlHub(own(), 'n1', () => 0)
  const nodeState = new NodeState({ draining: null })
  const engine = new OperationEngine(
    {
      clock,
      random,
      hub,
      nodeState,
      closes,
      plans: store.plans,
      operations: store.operations,
      pendingHandshakes: () => 0,
      nodes: () => ({ ready: 1, of: 1 }),
      onStoreError: () => undefined,
    },
    { nodeId: 'n1', drainGraceMs: 25_000 },
  )
  const failures: unknown[] = []
  const settings = new ControlSettings({
    nodeId: 'n1',
    clusterId: 'cluster1',
    environment: 'development',
    version: '0.1.0',
    startedAt: Date.now(),
    adminKey: ADMIN_KEY,
    localKey: undefined,
    trustProxy: [['127.0.0.1', 32]],
    dashboardFolder,
  })
  const parts = [
    [ControlSettings, settings],
    [
      ControlLog,
      {
        info: () => undefined,
        failed: (_message: string, facts: { error: unknown }) => void failures.push(facts.error),
      },
    ],
    [ConnectionView, new ConnectionView('n1', (address) => address)],
    [ConfiguredRoomTypes, new ConfiguredRoomTypes(roomTypes)],
    [Hub, hub],
    [ControlHub, control.hub],
    [ViewerTokens, control.tokens],
    [Viewers, new LiveViewers(control.hub, clock)],
    [NodeState, nodeState],
    [OperationEngine, engine],
    [ClosedRooms, store.roomStateCache],
    [KnownBans, store.banCache],
    [MetricsText, { contentType: 'text/plain; version=0.0.4', text: () => Promise.resolve('gatehouse_up 1\n') }],
    [NodeFacts, nodeFacts],
    [TokenMint, { mint: () => Promise.resolve({ token: 'signed', expiresAt: 1 }) }],
    [EdgeLog, { handlerFailed: (facts: unknown) => void failures.push(facts), refused: () => undefined }],
    [Clock, clock],
    [Random, random],
    [repositories.ApiKeyRepository, store.apiKeys],
    [repositories.AuditLog, store.audit],
    [repositories.BanRepository, store.bans],
    [repositories.CloseRecordRepository, store.closeRecords],
    [repositories.IdempotencyRepository, store.idempotency],
    [repositories.OperatorRepository, store.operators],
    [repositories.PlanRepository, store.plans],
    [repositories.RecordBacklog, store.records],
    [repositories.RefusalRepository, store.refusals],
    [repositories.RoomStateRepository, store.roomStates],
    [repositories.SignInRepository, store.signIns],
    [repositories.SigninLinkRepository, store.signinLinks],
    [repositories.StatsRepository, store.stats],
    [repositories.StoreHealth, store.health],
  ] as const
  const tokens = parts.map(([provide]) => provide)

  @Global()
  @Module({ providers: parts.map(([provide, useValue]) => ({ provide, useValue })), exports: [...tokens] })
  class PartsModule {}

  const app = await NestFactory.create<NestExpressApplication>(ControlModule.register([PartsModule]), {
    logger: ['error'],
    bodyParser: false,
  })
  app.useWebSocketAdapter(new GatehouseWsAdapter(app, gatewayDefaults))
  prepareControlApp(app)
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address() as AddressInfo
  let clients = 0

  return {
    app,
    hub,
    controlHub: control.hub,
    nodeState,
    engine,
    store,
    settings,
    failures,
    port,
    url: `http://localhost:${port}`,
    /** A request with the admin key. */
    admin: (method: 'get' | 'post' | 'patch' | 'delete', path: string) =>
      request(`http://localhost:${port}`)[method](path).set('Authorization', `Bearer ${ADMIN_KEY}`),
    /** A request without a credential. */
    stranger: () => request(`http://localhost:${port}`),
    /** A client of the gateway, authenticated as `user`. */
    client(
      user: string,
      rooms: Record<string, readonly Right[]> = { '**': ['join', 'publish'] },
      address = '10.1.2.3',
      service?: string,
    ) {
      clients += 1
      const socket = new FakeSocket()
      const id = `c${String(clients).padStart(5, '0')}${'x'.repeat(20)}`
      const token = {
        subject: user,
        rooms: new Map(Object.entries(rooms)),
        expiresAt: Date.now() + 3_600_000,
        issuedAt: null,
        issuer: null,
        tokenId: null,
        ...(service === undefined ? {} : { service }),
      }
      const opened = hub.open(socket, {
        id,
        address,
        addressGroup: null,
        userAgent: 'test',
        origin: null,
        isTls: false,
        token,
      })
      socket.onClose = () =>
        hub.closer.socketClosed(opened, { code: socket.closed?.code ?? 1005, text: '', hadCloseFrame: true })
      return { socket, connection: opened }
    },
    async join(connection: Connection, room: string, since?: Position): Promise<void> {
      await new Promise<void>((resolve, reject) => {
        hub.joiner.join(connection, since === undefined ? { room } : { room, since }, (answer) =>
          answer.error === undefined ? resolve() : reject(new Error(answer.error.message)),
        )
      })
    },
    /** Creates an operator with the password `a long password` and signs it in; returns its cookie. */
    async operator(name: string, role: Role, rooms: string[] = []): Promise<string> {
      await this.admin('post', '/v1/access/operators')
        .send({ name, role, rooms, password: 'a long password' })
        .expect(201)
      const answer = await this.signIn(name, 'a long password').expect(200)
      return (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] as string
    },
    signIn: (name: string, password: string) =>
      request(`http://localhost:${port}`).post('/v1/signin').set('X-Gatehouse-Request', '1').send({ name, password }),
    async key(verbs: readonly Verb[], rooms: readonly string[] = []): Promise<string> {
      const name = `key-${random.id(4)}`
      const answer = await this.admin('post', '/v1/access/api-keys').send({ name, verbs, rooms }).expect(201)
      return (answer.body as { key: string }).key
    },
    async close(): Promise<void> {
      hub.stop()
      control.hub.stop()
      await app.close()
      await store.stop()
      await database?.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export type ControlNode = Awaited<ReturnType<typeof startControlNode>>

const nodeFacts = {
  measured: () => ({ loopP99Ms: 1, cpu: 0.1, heapBytes: 1, rssBytes: 1, openFiles: 20, fileLimit: 1024 }),
  listeners: () => ({
    gateway: { url: 'ws://localhost:8080/ws', tls: false },
    control: { url: 'http://localhost:8081', tls: false },
  }),
  connectionLimit: 1000,
  storeKind: 'embedded',
  settings: () => [{ name: 'MESSAGE_RATE', value: '50', isDefault: true }],
} as const
