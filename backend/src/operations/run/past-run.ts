import type { OperationDetail, Progress } from '@gatehouse/protocol/rest'
import type { OperationRow } from '../../store/repositories/operation-repository.js'
import type { StoredPlan } from '../../store/repositories/plan-repository.js'

/** What a row keeps besides the operation itself. */
export interface RunCursor {
  readonly isShutdown: boolean
  /** Milliseconds since 1970, while it waits for its time. */
  readonly startAt: number | null
  /** Ordered with force; absent: without. */
  readonly force?: boolean
}

/** What this process keeps of an operation that waits for its time. */
export interface WaitingOperation {
  readonly stored: StoredPlan
  /** Milliseconds since 1970. */
  readonly startAt: number
  readonly force: boolean
}

/** Whether the row is of an operation that waits for its time, rather than one whose process is gone. */
export function isWaiting({ operation }: OperationRow): boolean {
  return operation.state === 'prepare' && operation.startedAt === null
}

/** An operation that waits for its time. */
export function scheduled(id: string, stored: StoredPlan, by: string, nowMs: number, startAt: number): OperationDetail {
  const { plan } = stored
  const progress: Progress = {
    initial: 0,
    late: 0,
    buckets: { migratedEarly: 0, closedClean: 0, forced: 0, leftOnTheirOwn: 0, remaining: 0 },
    unaccounted: 0,
    targetRate: 0,
    achievedRate: 0,
    etaAt: startAt + plan.estimate.totalMs,
    plannedEndAt: startAt + plan.estimate.totalMs,
    deadlineAt: null,
    note: `Begins at ${new Date(startAt).toISOString().slice(0, 19).replace('T', ' ')} UTC.`,
  }
  return {
    id,
    kind: plan.kind,
    state: 'prepare',
    node: plan.node,
    target: plan.target,
    parameters: plan.parameters,
    reason: plan.reason,
    by,
    createdAt: nowMs,
    startedAt: null,
    endedAt: null,
    phases: [{ state: 'prepare', at: nowMs, by }],
    plan: { planId: plan.planId, blast: plan.blast, estimate: plan.estimate },
    progress,
    failure: null,
    holds: false,
    burnDown: [],
    stragglers: [],
    codes: {},
  }
}

/**
 * The last state of an operation whose process is gone. A drain that was to hold its node does so from now on: the
 * connections that remained ended with the process, which counts as forced. Anything else has failed.
 *
 * @param cause why it failed, when it was not the restart
 */
export function recovered(operation: OperationDetail, nowMs: number, cause?: string): OperationDetail {
  const { progress } = operation
  const isHeld = cause === undefined && operation.kind === 'drain' && operation.parameters.onDone === 'hold'
  const lost = isHeld ? progress.buckets.remaining : 0
  const state = isHeld ? 'done' : 'failed'
  const failure = isHeld ? null : (cause ?? 'node restarted')
  return {
    ...operation,
    state,
    endedAt: nowMs,
    failure,
    holds: isHeld,
    phases: [...operation.phases, { state, at: nowMs, by: null }],
    stragglers: [],
    progress: {
      ...progress,
      buckets: {
        ...progress.buckets,
        forced: progress.buckets.forced + lost,
        remaining: progress.buckets.remaining - lost,
      },
      targetRate: 0,
      etaAt: null,
      note: isHeld
        ? `The node restarted while it drained; ${lost} connections ended with the process. It stays out of service.`
        : `Failed: ${failure}.`,
    },
  }
}
