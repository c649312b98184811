import type { Operation, OperationState, Progress } from '@gatehouse/protocol/rest'
import type { CompleteParameters } from './drain-plan.js'
import { etaMs } from './eta.js'
import type { OperationLedger } from './operation-ledger.js'
import { noteOf } from './operation-note.js'
import type { RunFacts } from './operation-run.js'
import type { PlanLine } from './plan-line.js'

/** All that a run knows of itself, for showing. */
export interface RunSnapshot {
  readonly facts: RunFacts
  readonly parameters: CompleteParameters
  readonly state: OperationState
  readonly phases: Operation['phases']
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly failure: string | null
  readonly holds: boolean
  readonly isOvertaken: boolean
  readonly ledger: OperationLedger
  readonly line: PlanLine | null
  readonly targetRate: number
  readonly achievedRate: number
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
    state: run.state,
    node: plan.node,
    target: plan.target,
    parameters: run.parameters,
    reason: plan.reason,
    by: run.facts.by,
    createdAt: run.facts.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    phases: [...run.phases],
    plan: { planId: plan.planId, blast: plan.blast, estimate: plan.estimate },
    progress: progressOf(run),
    failure: run.failure,
    holds: run.holds,
  }
}

function progressOf(run: RunSnapshot): Progress {
  const { ledger, state, line, nowMs, targetRate } = run
  const isStill = state === 'pause' || run.endedAt !== null
  const achievedRate = state === 'pause' ? 0 : run.achievedRate
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
