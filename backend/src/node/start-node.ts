import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { AppModule } from './app.module.js'
import { forgetControlUrl, localKeyOf, noteControlUrl } from '../config/local-access.js'
import type { Config } from '../config/config.js'
import { ControlServer } from '../control/http/control-server.js'
import { lockDataDir } from '../config/data-dir.js'
import { readOpenFileLimit } from '../config/open-file-limit.js'
import { keptNodeId } from '../config/secrets.js'
import { listSettings } from '../config/settings-list.js'
import { StartRefusal } from '../config/start-refusal.js'
import { SigninLinks } from '../control/access/signin-links.js'
import { LiveSessions } from '../control/live/live-sessions.js'
import { LiveViewers } from '../control/live/live-viewers.js'
import { prepareControlApp } from '../control/prepare-control-app.js'
import { GatehouseWsAdapter } from '../gateway/gatehouse-ws.adapter.js'
import { GatewayListener } from '../gateway/gateway-listener.js'
import { OpeningReader } from '../gateway/opening-reader.js'
import { Opening } from '../gateway/opening.js'
import { openLog, type NodeLog } from '../infra/log/node-log.js'
import { PrometheusMetrics } from '../infra/metrics/prometheus-metrics.js'
import { ProcessReading } from '../infra/process-reading.js'
import { Jobs } from '../jobs/jobs.js'
import { retentionTask } from '../jobs/maintenance-task.js'
import { ProcessFacts } from './process-facts.js'
import { readInputs } from './node-inputs.js'
import { buildParts, clock, random, type NodeParts } from './node-parts.js'
import { NodePulse } from './node-pulse.js'
import { auditOperations } from './operation-audit.js'
import { isNodeReady } from '../operations/service/readiness.js'
import { shutdownSteps } from '../operations/shutdown-budget.js'
import { Shutdown } from '../operations/shutdown/shutdown.js'
import { Teardown } from '../operations/shutdown/teardown.js'
import { EmbeddedPostgres, startEmbedded } from '../store/embedded/embedded-postgres.js'
import { Heartbeats } from '../store/nodes/heartbeats.js'
import { nodeLostRecord } from '../store/records/node-lost.js'
import { openStore, type Store } from '../store/store.js'

export interface RunningNode {
  readonly gatewayUrl: string
  readonly controlUrl: string
  /** Null once there is an operator. */
  readonly signinUrl: string | null
  readonly shutdown: Shutdown
}

/**
 * Starts a whole node: data folder, PostgreSQL, the core, both listeners. A start that cannot succeed is refused in one
 * line and leaves nothing behind.
 *
 * @param exit ends the process, after everything is closed
 * @throws StartRefusal
 */
export async function startNode(
  config: Config,
  env: NodeJS.ProcessEnv,
  exit: (code: number) => void,
): Promise<RunningNode> {
  const teardown = new Teardown()
  try {
    return await start(config, env, exit, teardown)
  } catch (error) {
    await teardown.undo()
    throw error
  }
}

/** `teardown` ends everything that is started here, in reverse order. */
async function start(
  config: Config,
  env: NodeJS.ProcessEnv,
  exit: (code: number) => void,
  teardown: Teardown,
): Promise<RunningNode> {
  const startedAt = clock.wallMs()
  const version = readVersion()
  const lock = lockDataDir(config.dataDir)
  teardown.add('data folder', () => lock.release())
  const nodeId = keptNodeId(config.dataDir, config.nodeId)
  const log = openLog(config.log.level, nodeId)
  const inputs = readInputs(config)

  const embedded =
    config.store.databaseUrl === undefined
      ? await startEmbedded({ dataDir: config.dataDir, log: embeddedLog(log) })
      : null
  teardown.add('PostgreSQL', () => embedded?.stop())
  const connection = embedded?.connection ?? (config.store.databaseUrl as string)
  const store = await openStore({
    connection,
    nodeId,
    dataDir: config.dataDir,
    isSoleNode: true,
    clock,
    random,
    log: { warn: (message) => log.warn(message), error: (message) => log.error(message) },
    retention: { recordsMs: config.records.retentionMs },
    drainMs: shutdownSteps.recordsMs,
  })
  teardown.add('store', () => store.stop())
  await store.start()
  const clusterId = await store.nodes.clusterId()

  const parts = buildParts(config, inputs, nodeId, store, log)
  const heartbeats = new Heartbeats(store.nodes, clock, nodeId, () => parts.hub.books.snapshot())
  teardown.add('core', () => endParts(parts))
  const viewers = new LiveViewers(parts.control.hub, clock)
  const facts = new ProcessFacts({
    process: new ProcessReading(),
    loopDelay: parts.loopDelay,
    connectionLimit: config.limits.maxConnections ?? 0,
    storeKind: embedded === null ? 'external' : 'embedded',
    fileLimit: readOpenFileLimit(),
    settings: listSettings(env),
  })
  const jobs = new Jobs({
    connection: typeof connection === 'string' ? { connectionString: connection } : connection,
    engine: parts.engine,
    tasks: [retentionTask(store.retention)],
    onError: (error) => log.debug({ err: error }, 'the job queue is being retried'),
  })
  const metrics = openMetrics({ parts, store, viewers, jobs, config, version })
  const pulse = new NodePulse({ hub: parts.hub, store, facts, metrics, viewers })
  teardown.add('pulse', () => pulse.stop())

  const module = AppModule.of({
    config,
    nodeId,
    clusterId,
    version,
    startedAt,
    localKey: localKeyOf(config.dataDir),
    parts,
    store,
    facts,
    metrics,
    viewers,
    log,
  })
  const app = await NestFactory.create<NestExpressApplication>(module, new ControlServer(inputs.gatewaySettings.tls), {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  })
  teardown.add('noted address', () => forgetControlUrl(config.dataDir))
  teardown.add('control room', () => app.close())
  app.useWebSocketAdapter(new GatehouseWsAdapter(app, parts.gatewaySettings))
  prepareControlApp(app)
  await app.init()
  teardown.add('dashboards', () => app.get(LiveSessions).endAll())

  const opening = new Opening(new OpeningReader(parts.gatewaySettings), parts.admission, parts.edge, random)
  const listener = new GatewayListener(parts.gatewaySettings, opening, {
    isReady: () => isNodeReady(parts.nodeState, store.banCache),
    countBadRequest: () => void (parts.hub.books.badRequests += 1),
    requestId: () => random.id(10),
  })
  auditOperations(parts.engine, store.audit)
  await parts.engine.restore()
  parts.engine.superviseBy(jobs)
  const lost = await recordLostLife(nodeId, startedAt, version, store)
  // Only now: stopping them says that this life ended well, which must not cover up a crash of the one before.
  teardown.add('heartbeats', () => heartbeats.stop())

  const controlPort = await listenControl(app, config)
  const isSecure = inputs.gatewaySettings.tls !== null
  const scheme = isSecure ? 's' : ''
  const controlUrl = `http${scheme}://${urlHost(config.control.host)}:${controlPort}`
  const gatewayPort = await listener.listen().catch((cause: unknown) => {
    throw new StartRefusal(cause instanceof Error ? cause.message : String(cause), { cause })
  })
  teardown.add('gateway port', () => listener.close())
  const gatewayUrl = `ws${scheme}://${urlHost(config.gateway.host)}:${gatewayPort}/ws`
  facts.listen({ url: gatewayUrl, tls: isSecure }, { url: controlUrl, tls: isSecure })
  facts.measure()
  noteControlUrl(config.dataDir, controlUrl)
  watchStore(store, parts, embedded, log)
  pulse.start()
  heartbeats.start()
  teardown.add('operations', () => parts.engine.settle(shutdownSteps.writesMs))
  void jobs.start()
  teardown.add('jobs', () => jobs.stop())
  if (lost > 0)
    log.warn({ connections: lost }, 'the previous process of this node ended without closing its connections')

  const shutdown = new Shutdown(
    {
      clock,
      drain: (signal, graceMs) => parts.engine.shutdown(signal, graceMs),
      hasten: (graceMs) => parts.engine.hastenShutdown(graceMs),
      steps: teardown.steps,
      exit,
      log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
    },
    config.drain.graceMs,
  )
  const signinUrl = await app.get(SigninLinks).atStart(controlUrl)
  log.info({ gateway: gatewayUrl, control: controlUrl, version }, 'started')
  return { gatewayUrl, controlUrl, signinUrl, shutdown }
}

/** Writes one close record for all connections of a previous process that crashed; returns how many there were. */
async function recordLostLife(nodeId: string, startedAt: number, version: string, store: Store): Promise<number> {
  const life = await store.nodes.started(nodeId, startedAt, version)
  const record = life === undefined ? undefined : nodeLostRecord(life, random.id(10))
  if (record !== undefined) store.records.closed(record)
  return record?.count ?? 0
}

function openMetrics({
  parts,
  store,
  viewers,
  jobs,
  config,
  version,
}: {
  parts: NodeParts
  store: Store
  viewers: LiveViewers
  jobs: Jobs
  config: Config
  version: string
}): PrometheusMetrics {
  return new PrometheusMetrics({
    hub: parts.hub,
    closes: parts.closes,
    nodeState: parts.nodeState,
    operations: () => parts.engine.active(),
    connectionLimit: () => config.limits.maxConnections ?? 0,
    bans: () => store.banCache.count(),
    dashboards: () => viewers.count(),
    isStoreUp: () => store.health.state().isUp,
    recordsWaiting: () => store.records.waiting(),
    auditWaiting: () => store.audit.waiting(),
    jobs: () => jobs.readings(),
    version,
  })
}

/** Notes on the node and in the log when PostgreSQL goes down and comes back; the node keeps serving. */
function watchStore(store: Store, parts: NodeParts, embedded: EmbeddedPostgres | null, log: NodeLog): void {
  store.health.onChange((state) => {
    const sentence = 'PostgreSQL does not answer: traffic goes on, but bans, rooms and settings cannot be changed.'
    parts.nodeState.note('store', state.isUp ? null : sentence)
    if (state.isUp) log.info('PostgreSQL answers again')
    else log.error('PostgreSQL does not answer')
  })
  embedded?.onDown((how) => log.error({ how }, 'the embedded PostgreSQL ended and is being restarted'))
}

function endParts(parts: NodeParts): void {
  parts.hub.stop()
  parts.control.hub.stop()
  parts.edge.stop()
  parts.loopDelay.stop()
  parts.traffic.stop()
}

async function listenControl(app: NestExpressApplication, config: Config): Promise<number> {
  const { host, port } = config.control
  try {
    await app.listen(port, host)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE'
        ? `is in use on ${host}: stop what listens there, or set`
        : `cannot be bound on ${host} (${code}): set`
    throw new StartRefusal(`CONTROL_PORT ${port} ${why} CONTROL_PORT to a free port (0 picks one).`, { cause })
  }
  return (app.getHttpServer().address() as AddressInfo).port
}

/** A host for a URL: IPv6 in brackets, "all addresses" as localhost. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function embeddedLog(log: NodeLog) {
  return {
    info: (message: string) => log.debug(message),
    error: (message: string) => log.error(message),
  }
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
