import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/config.js'
import { ConnectionView } from '../control/connections/connection-view.js'
import { ControlModule } from '../control/control.module.js'
import { ControlSettings } from '../control/control-settings.js'
import { ControlHub } from '../control/live/control-hub.js'
import { LiveViewers } from '../control/live/live-viewers.js'
import { ViewerTokens } from '../control/live/viewer-tokens.js'
import { ClosedRooms } from '../control/ports/closed-rooms.js'
import { ControlLog } from '../control/ports/control-log.js'
import { KnownBans } from '../control/ports/known-bans.js'
import { MetricsText } from '../control/ports/metrics-text.js'
import { NodeFacts } from '../control/ports/node-facts.js'
import { TokenMint } from '../control/ports/token-mint.js'
import { Viewers } from '../control/ports/viewers.js'
import { ConfiguredRoomTypes } from '../control/rooms/configured-room-types.js'
import { EdgeLog } from '../gateway/edge-log.js'
import { GatewayEdge } from '../gateway/gateway-edge.js'
import { RealtimeGateway } from '../gateway/realtime.gateway.js'
import { mintToken } from '../infra/jwt/mint-token.js'
import { ControlLines } from '../infra/log/edge-logs.js'
import type { NodeLog } from '../infra/log/node-log.js'
import type { PrometheusMetrics } from '../infra/metrics/prometheus-metrics.js'
import type { ProcessFacts } from './process-facts.js'
import { clock, random, type NodeParts } from './node-parts.js'
import { NodeState } from '../operations/service/node-state.js'
import { OperationEngine } from '../operations/run/operation-engine.js'
import { recordedAddress } from '../realtime/connections/address.js'
import { Hub } from '../realtime/hub.js'
import { Clock } from '../realtime/ports/clock.js'
import { Random } from '../realtime/ports/random.js'
import * as repositories from '../store/repositories/index.js'
import type { Store } from '../store/store.js'

export interface AppParts {
  readonly config: Config
  readonly nodeId: string
  readonly clusterId: string
  readonly version: string
  readonly startedAt: number
  readonly localKey: string
  readonly parts: NodeParts
  readonly store: Store
  readonly facts: ProcessFacts
  readonly metrics: PrometheusMetrics
  readonly viewers: LiveViewers
  readonly log: NodeLog
}

const dashboardFolder = join(fileURLToPath(import.meta.url), '..', '..', '..', '..', 'dashboard', 'dist')

/** Provides the edges with the parts that were built before Nest. */
@Global()
@Module({})
class PartsModule {
  static of(app: AppParts): DynamicModule {
    const providers = [...nodeProviders(app), ...controlProviders(app), ...storeProviders(app.store)]
    const tokens = providers.map(
      (provider) => (provider as { provide: NonNullable<DynamicModule['exports']>[number] }).provide,
    )
    return { module: PartsModule, providers, exports: tokens }
  }
}

/** The gateway's handlers, with their guards and interceptors. */
@Module({ providers: [RealtimeGateway] })
class GatewayModule {}

/** One node: the gateway's edge and the control plane over the same parts. */
@Module({})
export class AppModule {
  static of(app: AppParts): DynamicModule {
    const parts = PartsModule.of(app)
    return { module: AppModule, imports: [parts, GatewayModule, ControlModule.register([])] }
  }
}

function nodeProviders({ parts }: AppParts): Provider[] {
  return [
    { provide: Clock, useValue: clock },
    { provide: Random, useValue: random },
    { provide: Hub, useValue: parts.hub },
    { provide: GatewayEdge, useValue: parts.edge },
    { provide: EdgeLog, useValue: parts.edgeLog },
    { provide: NodeState, useValue: parts.nodeState },
    { provide: OperationEngine, useValue: parts.engine },
    { provide: ControlHub, useValue: parts.control.hub },
    { provide: ViewerTokens, useValue: parts.control.tokens },
    { provide: ConfiguredRoomTypes, useValue: new ConfiguredRoomTypes(parts.roomTypes) },
  ]
}

function controlProviders(app: AppParts): Provider[] {
  const { config, nodeId, clusterId, version, startedAt, localKey } = app
  const settings = new ControlSettings({
    nodeId,
    clusterId,
    environment: config.environment,
    version,
    startedAt,
    adminKey: config.control.adminKey,
    localKey,
    trustProxy: config.trustProxy,
    dashboardFolder,
  })
  const shown = (address: string): string | null => recordedAddress(address, config.records.ip)
  return [
    { provide: ControlSettings, useValue: settings },
    { provide: ControlLog, useValue: new ControlLines(app.log) },
    { provide: ConnectionView, useValue: new ConnectionView(nodeId, shown) },
    { provide: Viewers, useValue: app.viewers },
    { provide: MetricsText, useValue: app.metrics },
    { provide: NodeFacts, useValue: app.facts },
    { provide: TokenMint, useValue: tokenMint(app.parts) },
  ]
}

function tokenMint({ tokenSettings }: NodeParts): TokenMint {
  return {
    mint: (request) => {
      if (tokenSettings.secret === null) return null
      const { sub: subject, rooms, info, ttlSeconds } = request
      const order = { subject, rooms, lifetimeMs: ttlSeconds * 1000, nowMs: clock.wallMs() }
      return mintToken(tokenSettings, info === undefined ? order : { ...order, info })
    },
  }
}

function storeProviders(store: Store): Provider[] {
  return [
    { provide: ClosedRooms, useValue: store.roomStateCache },
    { provide: KnownBans, useValue: store.banCache },
    { provide: repositories.ApiKeyRepository, useValue: store.apiKeys },
    { provide: repositories.AuditLog, useValue: store.audit },
    { provide: repositories.BanRepository, useValue: store.bans },
    { provide: repositories.CloseRecordRepository, useValue: store.closeRecords },
    { provide: repositories.IdempotencyRepository, useValue: store.idempotency },
    { provide: repositories.NodeRepository, useValue: store.nodes },
    { provide: repositories.OperationRepository, useValue: store.operations },
    { provide: repositories.OperatorRepository, useValue: store.operators },
    { provide: repositories.PlanRepository, useValue: store.plans },
    { provide: repositories.RecordBacklog, useValue: store.records },
    { provide: repositories.RefusalRepository, useValue: store.refusals },
    { provide: repositories.RoomStateRepository, useValue: store.roomStates },
    { provide: repositories.SignInRepository, useValue: store.signIns },
    { provide: repositories.SigninLinkRepository, useValue: store.signinLinks },
    { provide: repositories.StatsRepository, useValue: store.stats },
    { provide: repositories.StoreHealth, useValue: store.health },
  ]
}
