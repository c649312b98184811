import type { NestExpressApplication } from '@nestjs/platform-express'
import type { Server } from 'node:http'
import { ControlSettings } from './control-settings.js'
import { ApiDocument } from './docs/api-document.js'
import { openApiDocument } from './docs/openapi.js'
import { checkBody } from './http/body-check.js'
import { RequestOrigins } from './http/request-origin.js'
import { DashboardFiles } from './http/dashboard-files.js'
import { requestGate } from './http/request-gate.js'
import { LiveDoor } from './live/live-door.js'

/** Requests are small; a larger body is a mistake or an attack. */
const BODY_LIMIT_BYTES = 65_536
/** Nest's type omits `verify`, which Nest uses for raw bodies. They are off here, and the parser takes the option. */
const bodyOptions = { limit: BODY_LIMIT_BYTES, inflate: false, type: 'application/json', verify: checkBody }
/** Slow senders must not occupy the sockets that operators need. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000

/**
 * Sets up the application of the control port, before `init` or `listen`. It must have been created with
 * `bodyParser: false` (the default parser inflates and takes forms) and have the gateway's WebSocket adapter.
 */
export function prepareControlApp(app: NestExpressApplication): void {
  const settings = app.get(ControlSettings)
  const dashboard = new DashboardFiles(settings.dashboardFolder)
  app.disable('x-powered-by')
  app.disable('etag')
  // A list's query is flat, so no parser for nested objects is exposed.
  app.set('query parser', 'simple')
  app.use(requestGate(new RequestOrigins(settings.trustProxy)))
  app.use(dashboard.middleware)
  app.useBodyParser('json', bodyOptions)
  const server: Server = app.getHttpServer()
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  app.get(LiveDoor).guard(server)
  app.get(ApiDocument).set(openApiDocument(app, settings.version))
}
