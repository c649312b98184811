import type { BurnPoint, Operation } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'
import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import type { OperationRepository } from '../../store/repositories/operation-repository.js'
import type { PlanRepository } from '../../store/repositories/plan-repository.js'
import type { CloseWatch } from './close-watch.js'
import type { NodeState } from '../service/node-state.js'
import type { OperationHub } from '../operation-hub.js'
import type { Transition } from './run-facts.js'

export interface EnginePorts {
  readonly clock: Clock
  readonly random: Random
  readonly hub: OperationHub<Connection>
  readonly nodeState: NodeState
  readonly closes: CloseWatch
  readonly plans: PlanRepository
  readonly operations: OperationRepository
  /** Admitted opening requests that are not connections yet (`admission.pending`). */
  readonly pendingHandshakes: () => number
  /** Ready nodes and all nodes, this one included. */
  readonly nodes: () => { readonly ready: number; readonly of: number }
  /** Called with store failures that are being retried. */
  readonly onStoreError: (error: unknown) => void
}

export interface EngineSettings {
  readonly nodeId: string
  /** DRAIN_GRACE, milliseconds. */
  readonly drainGraceMs: number
}

export interface OperationChange {
  readonly operation: Operation
  /** The state that was entered; null for progress within a state. */
  readonly entered: Transition | null
  /** The newest point of the burn-down. */
  readonly point: BurnPoint | null
  /** Whether this is the drain that a stop signal began; no operator ordered that one. */
  readonly isShutdown: boolean
}

export interface RunOptions {
  /** Run even if another drain is running, which is then cancelled, or if this is the last ready node. */
  readonly force?: boolean | undefined
  /** Milliseconds since 1970; absent: now. */
  readonly startAt?: number | undefined
}
