import type { OperationRequest, Plan } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'
import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import type { StoredPlan } from '../../store/repositories/plan-repository.js'
import { blastRadius, sampleOf } from './blast-radius.js'
import { completeParameters, estimateOf, shutdownParameters, warningsOf, type OperationKind } from './drain-pace.js'
import { OperationFault } from '../operation-fault.js'
import type { OperationHub } from '../operation-hub.js'
import { select } from './selector.js'

/** How long a plan may wait for its confirmation; meanwhile the tolerance of a tenth keeps it accurate. */
export const PLAN_LIFETIME_MS = 600_000
/** From this many connections on, a bulk disconnect must be confirmed by typing. */
const TYPING_FROM = 100

export interface PlanMakerPorts {
  readonly clock: Clock
  readonly random: Random
  readonly hub: OperationHub<Connection>
  readonly nodeId: string
  readonly drainGraceMs: number
  /** Whether no other node could take the clients. */
  readonly isAlone: () => boolean
}

/** Says what an operation would do, without doing it. */
export class PlanMaker {
  readonly #ports: PlanMakerPorts

  constructor(ports: PlanMakerPorts) {
    this.#ports = ports
  }

  /** @throws OperationFault kind_not_built, invalid_request, invalid_filter, node_unknown */
  make(request: OperationRequest, by: string): StoredPlan {
    const { clock, hub, nodeId, drainGraceMs, isAlone } = this.#ports
    const kind = builtKind(request.kind)
    const target = request.target ?? {}
    if (target.node !== undefined && target.node !== nodeId) {
      throw new OperationFault('node_unknown', `Node ${target.node} is not known here; this node is ${nodeId}.`)
    }
    if (request.reason === undefined) {
      throw new OperationFault(
        'invalid_request',
        'An operation needs a reason: say why, for whoever reads the audit log.',
      )
    }
    const affected = this.select(kind, target)
    const parameters = completeParameters(kind, request.parameters ?? {}, affected.size, isAlone())
    const blast = blastRadius(hub, affected)
    const now = clock.wallMs()
    const plan: Plan = {
      planId: this.#ports.random.id(10),
      kind,
      target,
      node: nodeId,
      parameters,
      reason: request.reason,
      blast,
      estimate: estimateOf(parameters, affected.size),
      warnings: warningsOf(kind, parameters, { isAlone: isAlone(), drainGraceMs, ...blast }),
      sample: sampleOf(affected),
      confirm: kind === 'drain' || affected.size >= TYPING_FROM ? nodeId : null,
      createdAt: now,
      expiresAt: now + PLAN_LIFETIME_MS,
    }
    return { plan, ids: kind === 'drain' ? [] : [...affected.keys()], by }
  }

  /** The drain that a stop signal begins; it needs no confirmation. */
  shutdown(by: string, graceMs: number): StoredPlan {
    const { clock, hub, nodeId, random } = this.#ports
    const parameters = shutdownParameters(hub.connections.size, graceMs)
    const now = clock.wallMs()
    const plan: Plan = {
      planId: random.id(10),
      kind: 'drain',
      target: {},
      node: nodeId,
      parameters,
      reason: `The process was told to stop (${by}).`,
      blast: blastRadius(hub, hub.connections),
      estimate: estimateOf(parameters, hub.connections.size),
      warnings: [],
      sample: [],
      confirm: null,
      createdAt: now,
      expiresAt: now + PLAN_LIFETIME_MS,
    }
    return { plan, ids: [], by }
  }

  /** The connections that the target matches now. */
  select(kind: OperationKind, target: Plan['target']): ReadonlyMap<string, Connection> {
    const { clock, hub } = this.#ports
    return select(kind, target, hub.connections, { wallMs: clock.wallMs(), nowMs: clock.nowMs() })
  }
}

function builtKind(kind: OperationRequest['kind']): OperationKind {
  if (kind === 'drain' || kind === 'disconnect') return kind
  if (kind === undefined) throw new OperationFault('invalid_request', 'An operation needs a kind: drain or disconnect.')
  throw new OperationFault('kind_not_built', `The kind ${kind} is not built yet; drain and disconnect are.`)
}
