import type { Config } from '../config/config.js'
import { makeControlHub } from '../control/live/make-control-hub.js'
import { GatewayEdge } from '../gateway/gateway-edge.js'
import { JoseTokenVerifier } from '../infra/jwt/jose-token-verifier.js'
import { EdgeLines } from '../infra/log/edge-logs.js'
import type { NodeLog } from '../infra/log/node-log.js'
import { TrafficLog } from '../infra/log/traffic-log.js'
import { LoopDelay } from '../infra/loop-delay.js'
import { memoryStreams } from '../infra/memory/memory-stream-ports.js'
import { MemoryLimits } from '../infra/memory/memory-limits.js'
import { MemorySessions } from '../infra/memory/memory-sessions.js'
import { MsgpackCodec } from '../infra/msgpack/msgpack-codec.js'
import { SystemClock } from '../infra/system-clock.js'
import { SystemRandom } from '../infra/system-random.js'
import { CloseWatch } from '../operations/run/close-watch.js'
import type { NodeInputs } from './node-inputs.js'
import { NodeState } from '../operations/service/node-state.js'
import { OperationEngine } from '../operations/run/operation-engine.js'
import { Admission } from '../realtime/admission/admission.js'
import { Hub } from '../realtime/hub.js'
import { defaultHubSettings, type HubSettings } from '../realtime/ports/hub-settings.js'
import type { AdmissionSettings } from '../realtime/admission/opening-request.js'
import { ApiKeyTokens } from '../store/access/api-key-tokens.js'
import type { Store } from '../store/store.js'

/** The parts of a node without Nest, built once in the order of their dependencies. */
export type NodeParts = ReturnType<typeof buildParts>

/** One clock and one random source for everything. */
export const clock = new SystemClock()
export const random = new SystemRandom()

export function buildParts(config: Config, inputs: NodeInputs, nodeId: string, store: Store, log: NodeLog) {
  const { roomTypes, tokenSettings, gatewaySettings } = inputs
  const jwts = JoseTokenVerifier.open(tokenSettings, clock)
  const tokens = config.gateway.apiKeyAuth
    ? new ApiKeyTokens(jwts, store.apiKeys, clock, (err) => log.warn({ err }, 'an API key could not be looked up'))
    : jwts
  const loopDelay = new LoopDelay(clock)
  const loopDelayMs = (): number => loopDelay.currentMs()
  const memory = () => ({
    clock,
    random,
    ...memoryStreams(clock, random, config.limits.historyBytes),
    sessions: new MemorySessions(clock, random),
    limits: new MemoryLimits(clock),
    codec: new MsgpackCodec(),
  })
  const traffic = new TrafficLog(store.records, log, clock)
  const closes = new CloseWatch(traffic)
  const hub = new Hub(
    { ...memory(), bans: store.banCache, roomStates: store.roomStateCache, records: closes },
    { ...hubSettings(config, nodeId), roomTypes, loopDelayMs },
  )
  const admission = new Admission(hub, {
    ...admissionSettings(config),
    loopDelayMs: () => loopDelay.sustainedMs(),
  })
  const control = makeControlHub(memory(), nodeId, loopDelayMs)
  const nodeState = new NodeState(admission)
  const edgeLog = new EdgeLines(log)
  const edge = new GatewayEdge(
    { hub, tokens, log: edgeLog, forceControlRoad: gatewaySettings.forceControlRoad },
    gatewaySettings,
    clock,
  )
  const engine = new OperationEngine(
    {
      clock,
      random,
      hub,
      nodeState,
      closes,
      plans: store.plans,
      operations: store.operations,
      pendingHandshakes: () => admission.pendingHandshakes,
      nodes: () => ({ ready: nodeState.isReady ? 1 : 0, of: 1 }),
      onStoreError: (error) => log.warn({ err: error }, 'an operation could not be written yet'),
    },
    { nodeId, drainGraceMs: config.drain.graceMs },
  )
  return {
    admission,
    closes,
    control,
    edge,
    edgeLog,
    engine,
    gatewaySettings,
    hub,
    loopDelay,
    nodeState,
    roomTypes,
    tokenSettings,
    traffic,
  }
}

function hubSettings(config: Config, nodeId: string): HubSettings {
  const { gateway, limits } = config
  return {
    ...defaultHubSettings,
    nodeId,
    firstFrameAuth: gateway.firstFrameAuth,
    idleTimeoutMs: gateway.idleTimeoutMs ?? 0,
    maxLifetimeMs: gateway.maxLifetimeMs ?? 0,
    messageRate: limits.messageRate ?? 0,
    messageBurst: limits.messageBurst,
    byteRate: limits.byteRate ?? 0,
    maxConnectionsPerUser: limits.maxConnectionsPerUser ?? 0,
    maxRoomsPerConnection: limits.maxRoomsPerConnection ?? 0,
    maxFrameBytes: limits.maxFrameBytes,
    restAboveLoad: limits.roomRestAbove,
    recordAddress: config.records.ip,
  }
}

function admissionSettings(config: Config): Omit<AdmissionSettings, 'loopDelayMs'> {
  const { gateway, limits } = config
  return {
    isProduction: config.environment === 'production',
    allowedOrigins: gateway.allowedOrigins ?? [],
    firstFrameAuth: gateway.firstFrameAuth,
    maxConnections: limits.maxConnections ?? 0,
    maxConnectionsPerAddress: limits.maxConnectionsPerIp ?? 0,
    maxConnectionsPerUser: limits.maxConnectionsPerUser ?? 0,
    connectRatePerAddress: limits.connectRatePerIp ?? 0,
    connectRate: 0,
    recordAddress: config.records.ip,
  }
}
