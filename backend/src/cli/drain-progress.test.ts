import { expect, it } from 'vitest'
import { DrainProgress } from './drain-progress.js'

type Told = Parameters<DrainProgress['lineOf']>[0]

const told = (state: Told['state'], remaining: number): Told =>
  ({ state, progress: { buckets: { remaining }, achievedRate: 2, note: 'Closing.' } }) as Told

it('prints each change of state at once, and otherwise a line every 5 s', () => {
  const progress = new DrainProgress()
  expect(progress.lineOf(told('run', 9), 1_000)).toContain('9 left  2.0/s  Closing.')
  expect(progress.lineOf(told('run', 8), 5_999)).toBeUndefined()
  expect(progress.lineOf(told('run', 7), 6_000)).toContain('7 left')
  expect(progress.lineOf(told('done', 0), 6_500)).toContain('done')
  expect(progress.lineOf(told('done', 0), 7_000)).toBeUndefined()
})
