import { parseArgs } from 'node:util'
import { COMPARISON_PLAN, FULL_PLAN, QUICK_PLAN, type BenchPlan } from './plan.ts'

/** What `npm run bench` was asked to do. */
export interface Options {
  readonly plan: BenchPlan
  /** The folder of an earlier checkout, whose Gatehouse is measured instead of the other servers. */
  readonly before?: string
  /** Whether the README shows the figures. */
  readonly publishes: boolean
}

/** With fewer runs a difference of a few per cent cannot be told from noise. */
const LEAST_COMPARED = 3

/** @throws Error for unknown or invalid arguments */
export function optionsIn(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' }, before: { type: 'string' } },
  })
  const { quick, runs, before } = values
  const sizes = quick ? QUICK_PLAN : before === undefined ? FULL_PLAN : COMPARISON_PLAN
  const repetitions = runs === undefined ? sizes.repetitions : Number(runs)
  const least = quick || before === undefined ? 1 : LEAST_COMPARED
  if (!Number.isInteger(repetitions) || repetitions < least)
    throw new Error(`--runs must be a whole number of at least ${least}`)
  return {
    plan: { ...sizes, repetitions },
    ...(before !== undefined && { before }),
    publishes: !quick && runs === undefined && before === undefined,
  }
}
