import type { Operation, Progress } from '@gatehouse/protocol/rest'
import type { PacedCloser } from './paced-closer.js'
import type { CompleteParameters } from '../plan/drain-pace.js'
import { etaMs } from './eta.js'
import type { OperationLedger } from './operation-ledger.js'
import { noteOf } from './operation-note.js'
import type { PlanLine } from './plan-line.js'
import type { RunFacts } from './run-facts.js'
import type { RunStates } from './run-states.js'

/** All that a run knows of itself, from which its view is made. */
export interface RunSnapshot {
  readonly facts: RunFacts
  readonly parameters: CompleteParameters
  readonly states: RunStates
  readonly failure: string | null
  readonly holds: boolean
  readonly isOvertaken: boolean
  readonly ledger: OperationLedger
  readonly line: PlanLine | null
  readonly closer: Pick<PacedCloser, 'rate' | 'achievedRate'>
  /** Until the paced part begins. */
  readonly waitMs: number
  readonly nowMs: number
  readonly wallMs: number
}

export function operationView(run: RunSnapshot): Operation {
  const { plan } = run.facts.stored
  return {
    id: run.facts.id,
    kind: plan.kind,
    state: run.states.current,
    node: plan.node,
    target: plan.target,
    parameters: run.parameters,
    reason: plan.reason,
    by: run.facts.by,
    createdAt: run.facts.createdAt,
    startedAt: run.states.startedAt,
    endedAt: run.states.endedAt,
    phases: run.states.phases(),
    plan: { planId: plan.planId, blast: plan.blast, estimate: plan.estimate },
    progress: progressOf(run),
    failure: run.failure,
    holds: run.holds,
  }
}

function progressOf(run: RunSnapshot): Progress {
  const { ledger, line, nowMs } = run
  const state = run.states.current
  const targetRate = run.closer.rate
  const isStill = state === 'pause' || run.states.isEnded
  const achievedRate = state === 'pause' ? 0 : run.closer.achievedRate
  const eta = isStill ? null : etaMs(ledger.remaining, achievedRate, targetRate, 0)
  const atWall = (ms: number): number => Math.round(run.wallMs + ms - nowMs)
  return {
    initial: ledger.initial,
    late: ledger.late,
    buckets: ledger.buckets(),
    unaccounted: ledger.unaccounted(),
    targetRate: isStill ? 0 : targetRate,
    achievedRate,
    etaAt: eta === null ? null : atWall(nowMs + run.waitMs + eta),
    plannedEndAt: line === null ? null : atWall(line.endsAtMs(nowMs)),
    deadlineAt: line === null ? null : atWall(line.deadlineAtMs(nowMs, run.parameters.deadlineMs)),
    note: noteOf({
      state,
      kind: run.facts.stored.plan.kind,
      isShutdown: run.facts.isShutdown,
      isOvertaken: run.isOvertaken,
      remaining: ledger.remaining,
      inFlight: ledger.inFlight,
      rate: targetRate,
      holds: run.holds,
      failure: run.failure,
    }),
  }
}
