import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core'
import { EdgeLog } from '../gateway/edge-log.js'
import { gatewayDefaults } from '../gateway/gateway-settings.js'
import { Clock } from '../realtime/ports/clock.js'
import { Random } from '../realtime/ports/random.js'
import { SignInRepository } from '../store/repositories/index.js'
import { AccessGuard } from './access/access.guard.js'
import { ApiKeysController } from './access/api-keys.controller.js'
import { Credentials } from './access/credentials.js'
import { OperatorsController } from './access/operators.controller.js'
import { Passwords } from './access/passwords.js'
import { KeyConnections } from './access/key-connections.js'
import { RevokedKeys } from './access/revoked-keys.js'
import { SignInController } from './access/sign-in.controller.js'
import { SigninLinks } from './access/signin-links.js'
import { SignIns } from './access/sign-ins.js'
import { AuditController } from './audit/audit.controller.js'
import { AuditTrail } from './audit/audit-trail.js'
import { BansController } from './bans/bans.controller.js'
import { CloseIdController } from './connections/close-id.controller.js'
import { ConnectionsController } from './connections/connections.controller.js'
import { MissingConnection } from './connections/missing-connection.js'
import { ControlSettings } from './control-settings.js'
import { ApiDocument } from './docs/api-document.js'
import { DocsController } from './docs/docs.controller.js'
import { RequestOrigins } from './http/request-origin.js'
import { IdempotencyInterceptor } from './http/idempotency.interceptor.js'
import { ProblemFilter } from './http/problem.filter.js'
import { RequestSchemaPipe } from './http/request-schema.pipe.js'
import { LiveLists } from './lists/live-lists.js'
import { ConnectionTicks } from './live/connection-ticks.js'
import { ConnectionsTicks } from './live/connections-ticks.js'
import { ControlHub } from './live/control-hub.js'
import { LiveDoor } from './live/live-door.js'
import { LiveEdge } from './live/live-edge.js'
import { LiveGateway } from './live/live.gateway.js'
import { LiveSessions } from './live/live-sessions.js'
import { LiveTicker } from './live/live-ticker.js'
import { OperationTicks } from './live/operation-ticks.js'
import { RoomTicks } from './live/room-ticks.js'
import { StatsTicks } from './live/stats-ticks.js'
import type { TickSource } from './live/tick-source.js'
import { NoFrameTokens, ViewerTokens } from './live/viewer-tokens.js'
import { HealthController } from './node/health.controller.js'
import { NodeController } from './node/node.controller.js'
import { NodeStatusReader } from './node/node-status.js'
import { StoreStatus } from './node/store-status.js'
import { OperationsController } from './operations/operations.controller.js'
import { ControlLog } from './ports/control-log.js'
import { PublishController } from './publish/publish.controller.js'
import { TargetPublisher } from './publish/target-publisher.js'
import { ClosedController } from './records/closed.controller.js'
import { RefusalsController } from './records/refusals.controller.js'
import { KnownRooms } from './rooms/known-rooms.js'
import { RoomPublisher } from './rooms/room-publisher.js'
import { RoomHistoryController } from './rooms/room-history.controller.js'
import { RoomsController } from './rooms/rooms.controller.js'
import { StatsController } from './stats/stats.controller.js'
import { TokensController } from './tokens/tokens.controller.js'

/** Every controller of the control port. */
const controlControllers = [
  ApiKeysController,
  AuditController,
  BansController,
  CloseIdController,
  ClosedController,
  ConnectionsController,
  DocsController,
  HealthController,
  NodeController,
  OperationsController,
  OperatorsController,
  PublishController,
  RefusalsController,
  RoomHistoryController,
  RoomsController,
  SignInController,
  StatsController,
  TokensController,
]

const providers = [
  { provide: APP_GUARD, useClass: AccessGuard },
  { provide: APP_FILTER, useClass: ProblemFilter },
  { provide: APP_PIPE, useClass: RequestSchemaPipe },
  { provide: Passwords, useFactory: () => new Passwords() },
  { provide: RevokedKeys, useFactory: () => new RevokedKeys() },
  { provide: ApiDocument, useFactory: () => new ApiDocument() },
  AuditTrail,
  Credentials,
  IdempotencyInterceptor,
  KeyConnections,
  LiveLists,
  MissingConnection,
  NodeStatusReader,
  StoreStatus,
  KnownRooms,
  RoomPublisher,
  SigninLinks,
  SignIns,
  TargetPublisher,
]

/** The live stream: its gateway class, who may watch, and what is sent each second. */
const liveProviders = [
  LiveGateway,
  StatsTicks,
  ConnectionsTicks,
  ConnectionTicks,
  RoomTicks,
  OperationTicks,
  {
    provide: LiveEdge,
    inject: [ControlHub, EdgeLog, Clock],
    useFactory: (hub: ControlHub, log: EdgeLog, clock: Clock) =>
      new LiveEdge({ hub, log, tokens: new NoFrameTokens(), forceControlRoad: false }, gatewayDefaults, clock),
  },
  {
    provide: LiveTicker,
    inject: [ControlHub, Clock, ControlLog, StatsTicks, ConnectionsTicks, ConnectionTicks, RoomTicks],
    useFactory: (hub: ControlHub, clock: Clock, log: ControlLog, ...sources: TickSource[]) =>
      new LiveTicker(hub, clock, sources, log),
  },
  {
    provide: LiveSessions,
    inject: [ControlHub, ViewerTokens, SignInRepository, RevokedKeys, Clock, ControlLog],
    useFactory: (...parts: ConstructorParameters<typeof LiveSessions>) => new LiveSessions(...parts),
  },
  {
    provide: LiveDoor,
    inject: [LiveEdge, Credentials, ViewerTokens, ControlSettings, Clock, Random, ControlLog],
    useFactory: (
      edge: LiveEdge,
      credentials: Credentials,
      tokens: ViewerTokens,
      settings: ControlSettings,
      clock: Clock,
      random: Random,
      log: ControlLog,
    ) =>
      new LiveDoor({
        edge,
        credentials,
        tokens,
        addresses: new RequestOrigins(settings.trustProxy),
        clock,
        random,
        log,
      }),
  },
]

/**
 * The control plane. What it is built on comes from the imported modules: ControlSettings, ControlLog, ConnectionView,
 * RoomTypes, Hub, NodeState, OperationEngine, ClosedRooms, KnownBans, MetricsText, NodeFacts, TokenMint, ControlHub and
 * ViewerTokens (makeControlHub), Viewers (LiveViewers), EdgeLog, Clock, Random, and the repositories of the store.
 */
@Module({})
export class ControlModule {
  static register(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: ControlModule,
      imports,
      controllers: controlControllers,
      providers: [...providers, ...liveProviders],
      exports: [SigninLinks],
    }
  }
}
