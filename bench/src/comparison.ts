import { median } from './goal.ts'
import type { Mark } from './load/marks.ts'
import type { Run } from './measure.ts'
import type { BenchPlan } from './plan.ts'
import { summarizeScenarios, type ScenarioRow, type ScenarioRuns } from './scenario-summary.ts'
import type { RejoinRun, SlowReadersRun } from './scenarios.ts'
import { byServer, summarize, type ByServer } from './summary.ts'

/** The Gatehouse of this clone, and that of an earlier checkout. */
export const SIDES = ['now', 'before'] as const
export type Side = (typeof SIDES)[number]
export type Pair<T> = Readonly<Record<Side, T>>

/** Everything measured once for both, on fresh servers, one right after the other. */
export interface Round {
  readonly runs: Pair<Run>
  readonly idleBytes: Pair<number>
  readonly slowReaders: Pair<SlowReadersRun>
  readonly rejoins: Pair<RejoinRun>
}

/** One figure of both. */
export interface ComparisonRow {
  readonly what: string
  readonly unit: string
  readonly now: number
  readonly before: number
  /** Now ÷ before, of the medians. */
  readonly ratio: number
  /** The same within each round; the spread shows how noisy the figure is. */
  readonly roundRatios: readonly number[]
  readonly marks?: Pair<readonly Mark[]>
}

export const TOLERANCE_PERCENT = 5

/** All figures of Gatehouse, medians of all rounds, in the order of the other tables. */
export function compare(rounds: readonly Round[], plan: BenchPlan): ComparisonRow[] {
  const ofEach = rounds.map((round) => ratiosOf([round], plan))
  return ratiosOf(rounds, plan).map((row, i) => ({
    ...row,
    roundRatios: ofEach.map((rows) => rows[i]?.ratio ?? Number.NaN),
  }))
}

export function isWithinTolerance({ ratio }: Pick<ComparisonRow, 'ratio'>): boolean {
  return ratio >= 1 - TOLERANCE_PERCENT / 100 && ratio <= 1 + TOLERANCE_PERCENT / 100
}

/** What one side did in these rounds, as the summaries of an ordinary bench take it. */
export function findingsOf(
  side: Side,
  rounds: readonly Round[],
): { readonly runs: readonly Run[]; readonly idleBytes: ByServer; readonly scenarios: ScenarioRuns } {
  const idleBytes = median(rounds.map((round) => round.idleBytes[side]))
  return {
    runs: rounds.map(({ runs }) => runs[side]),
    idleBytes: byServer((server) => (server === 'gatehouse' ? idleBytes : Number.NaN)),
    scenarios: {
      slowReaders: rounds.map(({ slowReaders }) => slowReaders[side]),
      rejoins: rounds.map(({ rejoins }) => rejoins[side]),
    },
  }
}

function ratiosOf(rounds: readonly Round[], plan: BenchPlan): Omit<ComparisonRow, 'roundRatios'>[] {
  const before = figuresOf('before', rounds, plan)
  return figuresOf('now', rounds, plan).map(({ what, unit, value, marks }, i) => {
    const earlier = before[i]?.value ?? Number.NaN
    const bothMarks = { now: marks, before: before[i]?.marks ?? [] }
    return { what, unit, now: value, before: earlier, ratio: value / earlier, marks: bothMarks }
  })
}

function figuresOf(
  side: Side,
  rounds: readonly Round[],
  plan: BenchPlan,
): Pick<ScenarioRow, 'what' | 'unit' | 'value' | 'marks'>[] {
  const { runs, idleBytes, scenarios } = findingsOf(side, rounds)
  const rows = summarize(runs, idleBytes, plan.fanOut).map(({ what, unit, medians, marks }) => ({
    what,
    unit,
    value: medians.gatehouse,
    marks: marks.gatehouse ?? [],
  }))
  return [...rows, ...summarizeScenarios(scenarios, plan)]
}
