import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core'
import { AccessGuard } from './access/access.guard.js'
import { ApiKeysController } from './access/api-keys.controller.js'
import { Credentials } from './access/credentials.js'
import { OperatorsController } from './access/operators.controller.js'
import { Passwords } from './access/passwords.js'
import { SignInController } from './access/sign-in.controller.js'
import { SigninLinks } from './access/signin-links.js'
import { SignIns } from './access/sign-ins.js'
import { AuditController } from './audit/audit.controller.js'
import { AuditTrail } from './audit/audit-trail.js'
import { BansController } from './bans/bans.controller.js'
import { CloseIdController } from './connections/close-id.controller.js'
import { ConnectionsController } from './connections/connections.controller.js'
import { MissingConnection } from './connections/missing-connection.js'
import { ApiDocument } from './docs/api-document.js'
import { DocsController } from './docs/docs.controller.js'
import { IdempotencyInterceptor } from './http/idempotency.interceptor.js'
import { ProblemFilter } from './http/problem.filter.js'
import { RequestSchemaPipe } from './http/request-schema.pipe.js'
import { LiveLists } from './lists/live-lists.js'
import { HealthController } from './node/health.controller.js'
import { NodeController } from './node/node.controller.js'
import { NodeStatusReader } from './node/node-status.js'
import { OperationsController } from './operations/operations.controller.js'
import { ClosedController } from './records/closed.controller.js'
import { RefusalsController } from './records/refusals.controller.js'
import { RoomDirectory } from './rooms/room-directory.js'
import { RoomPublisher } from './rooms/room-publisher.js'
import { RoomsController } from './rooms/rooms.controller.js'
import { StatsController } from './stats/stats.controller.js'
import { TokensController } from './tokens/tokens.controller.js'

/** Every controller of the control port. */
export const controlControllers = [
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
  RefusalsController,
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
  { provide: ApiDocument, useFactory: () => new ApiDocument() },
  AuditTrail,
  Credentials,
  IdempotencyInterceptor,
  LiveLists,
  MissingConnection,
  NodeStatusReader,
  RoomDirectory,
  RoomPublisher,
  SigninLinks,
  SignIns,
]

/**
 * The control plane. What it is built on comes from the imported modules: ControlSettings, ControlLog, ConnectionView,
 * RoomTypes, Hub, NodeState, OperationEngine, ClosedRooms, KnownBans, MetricsText, NodeFacts, TokenMint, Viewers and the
 * repositories of the store.
 */
@Module({})
export class ControlModule {
  static register(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return { module: ControlModule, imports, controllers: controlControllers, providers, exports: [SigninLinks, Credentials] }
  }
}
