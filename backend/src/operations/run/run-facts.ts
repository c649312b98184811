import type { CloseEvidence, CloseReason } from '@gatehouse/protocol'
import type { OperationState } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import type { StoredPlan } from '../../store/repositories/plan-repository.js'
import type { CompleteParameters } from '../plan/drain-pace.js'
import type { NodeState } from '../service/node-state.js'
import type { OperationHub } from '../operation-hub.js'

export interface RunPorts {
  readonly clock: Clock
  readonly random: Random
  readonly hub: OperationHub
  readonly nodeState: NodeState
  /** Admitted opening requests that are not connections yet. */
  readonly pendingHandshakes: () => number
}

export interface RunFacts {
  readonly id: string
  readonly stored: StoredPlan
  readonly parameters: CompleteParameters
  readonly by: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The drain of a stop signal: clients are told `server_shutdown`, and it ends with the process. */
  readonly isShutdown: boolean
}

/** A state was entered, and by whom; null: by itself. */
export interface Transition {
  readonly state: OperationState
  readonly by: string | null
}

/** The reason its clients are given. */
export function reasonOf(facts: RunFacts): CloseReason {
  if (facts.isShutdown) return 'server_shutdown'
  return facts.stored.plan.kind === 'drain' ? 'drain' : (facts.parameters.disconnectReason ?? 'force_reconnect')
}

/** What its closes leave in the records; the client is told the wait and the message. */
export function evidenceOf(facts: RunFacts, parameters: CompleteParameters, random: Random): CloseEvidence {
  const { message, retryAfterMs } = parameters
  // One to three seconds: the closes are paced already; this keeps a slot's clients from coming back all at once.
  const wait = retryAfterMs ?? 1000 + Math.floor(random.number() * 2000)
  return {
    operation: facts.id,
    ...(facts.isShutdown ? {} : { actor: facts.by }),
    ...(message === undefined ? {} : { message }),
    ...(reasonOf(facts) === 'kicked' ? {} : { retryAfterMs: wait }),
  }
}
