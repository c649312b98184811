import { median, type Goal } from './goal.ts'
import type { BenchPlan } from './plan.ts'
import type { RejoinRun, SlowReadersRun } from './scenarios.ts'

/** One figure of Gatehouse alone. */
export interface ScenarioRow {
  readonly what: string
  readonly unit: string
  readonly value: number
  readonly goal?: Goal
}

export interface ScenarioRuns {
  readonly slowReaders: readonly SlowReadersRun[]
  readonly rejoins: readonly RejoinRun[]
}

/** Medians of all runs, in the order of the table. */
export function summarizeScenarios({ slowReaders, rejoins }: ScenarioRuns, plan: BenchPlan): ScenarioRow[] {
  const slow = (figure: (run: SlowReadersRun) => number): number => median(slowReaders.map(figure))
  const back = (figure: (run: RejoinRun) => number): number => median(rejoins.map(figure))
  const stop = `${plan.slowReaders.stalled} of ${inWords(plan.members)} members stop reading`
  const rejoin = `${inWords(plan.rejoin.clients)} clients × ${plan.rejoin.roomsEach} rooms rejoin`
  return [
    { what: `${stop}: p99 of the others before`, unit: 'ms', value: slow((run) => run.before.p99) },
    { what: `${stop}: p99 of the others after`, unit: 'ms', value: slow((run) => run.during.p99) },
    { what: `${stop}: p99 after ÷ before`, unit: '', value: slow((run) => run.ratio), goal: { atMost: 2 } },
    {
      what: `${rejoin}: time until all are answered`,
      unit: 's',
      value: back((run) => run.ms / 1000),
      goal: { atMost: 2 },
    },
    {
      what: `${rejoin}: caught up`,
      unit: '%',
      value: back((run) => (100 * run.caughtUp) / run.clients),
      goal: { atLeast: 100 },
    },
    { what: `${rejoin}: p99 of one client`, unit: 'ms', value: back((run) => run.latencyMs.p99) },
    {
      what: `${rejoin}: the node's loop delay, p99`,
      unit: 'ms',
      value: back((run) => run.loopP99Ms),
      goal: { atMost: 100 },
    },
  ]
}

function inWords(count: number): string {
  return count.toLocaleString('en-US')
}
