import { marksOfMost } from './footnotes.ts'
import { median, type Goal } from './goal.ts'
import type { Mark } from './load/marks.ts'
import type { BenchPlan } from './plan.ts'
import type { RejoinRun, SlowReadersRun } from './scenarios.ts'

/** One figure of Gatehouse alone. */
export interface ScenarioRow {
  readonly what: string
  readonly unit: string
  readonly value: number
  readonly marks: readonly Mark[]
  readonly goal?: Goal
}

export interface ScenarioRuns {
  readonly slowReaders: readonly SlowReadersRun[]
  readonly rejoins: readonly RejoinRun[]
}

/** Medians of all runs, in the order of the table. */
export function summarizeScenarios({ slowReaders, rejoins }: ScenarioRuns, plan: BenchPlan): ScenarioRow[] {
  const slow = figureOf(slowReaders)
  const back = figureOf(rejoins)
  const stop = `${plan.slowReaders.stalled} of ${inWords(plan.members)} members stop reading`
  const rejoin = `${inWords(plan.rejoin.clients)} clients × ${plan.rejoin.roomsEach} rooms rejoin`
  return [
    { what: `${stop}: p99 of the others before`, unit: 'ms', ...slow((run) => run.before.p99) },
    { what: `${stop}: p99 of the others after`, unit: 'ms', ...slow((run) => run.during.p99) },
    { what: `${stop}: p99 after ÷ before`, unit: '', ...slow((run) => run.ratio), goal: { atMost: 2 } },
    {
      what: `${rejoin}: time until all are answered`,
      unit: 's',
      ...back((run) => run.ms / 1000),
      goal: { atMost: 2 },
    },
    {
      what: `${rejoin}: caught up`,
      unit: '%',
      ...back((run) => (100 * run.caughtUp) / run.clients),
      goal: { atLeast: 100 },
    },
    { what: `${rejoin}: p99 of one client`, unit: 'ms', ...back((run) => run.latencyMs.p99) },
    {
      what: `${rejoin}: the node's loop delay, p99`,
      unit: 'ms',
      ...back((run) => run.loopP99Ms),
      goal: { atMost: 100 },
    },
  ]
}

function figureOf<One extends { readonly marks: readonly Mark[] }>(
  runs: readonly One[],
): (figure: (run: One) => number) => Pick<ScenarioRow, 'value' | 'marks'> {
  return (figure) => ({ value: median(runs.map(figure)), marks: marksOfMost(runs) })
}

function inWords(count: number): string {
  return count.toLocaleString('en-US')
}
