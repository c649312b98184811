import type { Operation } from '@gatehouse/protocol/rest'
import { describe, expect, it } from 'vitest'
import { phasesOf } from './phases.js'

const operation = (
  state: Operation['state'],
  phases: [Operation['state'], number][],
  endedAt: number | null = null,
): Operation =>
  ({
    kind: 'drain',
    state,
    endedAt,
    parameters: {},
    phases: phases.map(([name, at]) => ({ state: name, at, by: null })),
  }) as unknown as Operation

describe('the steps of an operation', () => {
  it('are done, running or to come, each with how long it took', () => {
    const steps = phasesOf(
      operation('run', [
        ['prepare', 0],
        ['notify', 2000],
        ['run', 7000],
      ]),
      19_000,
    )
    expect(steps.map((step) => [step.word, step.when, step.detail])).toEqual([
      ['preparing', 'done', '2.0 s'],
      ['notifying', 'done', '5.0 s'],
      ['closing', 'now', '12 s'],
      ['finishing', 'next', ''],
      ['done', 'next', 'then hold'],
    ])
  })

  it('count a pause as closing', () => {
    const steps = phasesOf(
      operation('pause', [
        ['prepare', 0],
        ['notify', 0],
        ['run', 0],
        ['pause', 5000],
      ]),
      9000,
    )
    expect(steps[2]).toMatchObject({ when: 'now', detail: '9.0 s' })
  })

  it('show nothing as running after a cancel', () => {
    const steps = phasesOf(
      operation(
        'cancelled',
        [
          ['prepare', 0],
          ['notify', 1000],
          ['cancelled', 3000],
        ],
        3000,
      ),
      60_000,
    )
    expect(steps.map((step) => step.when)).toEqual(['done', 'done', 'next', 'next', 'next'])
    expect(steps[1]?.detail).toBe('2.0 s')
  })
})
