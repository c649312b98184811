import { describe, expect, it } from 'vitest'
import { optionsIn } from './options.ts'
import { fullPlan, quickPlan } from './plan.ts'

describe('the options of the bench', () => {
  it('publishes the full bench, and only that', () => {
    expect(optionsIn([])).toEqual({ plan: fullPlan, publishes: true })
    expect(optionsIn(['--quick'])).toEqual({ plan: quickPlan, publishes: false })
    expect(optionsIn(['--runs', '7'])).toEqual({ plan: { ...fullPlan, repetitions: 7 }, publishes: false })
  })

  it('compares with an earlier checkout in five runs, or as many as are named', () => {
    const before = '../before'
    expect(optionsIn(['--before', before])).toEqual({ plan: { ...fullPlan, repetitions: 5 }, before, publishes: false })
    expect(optionsIn(['--before', before, '--runs', '3']).plan.repetitions).toBe(3)
    expect(optionsIn(['--before', before, '--quick'])).toEqual({ plan: quickPlan, before, publishes: false })
  })

  it.each([
    [['--runs', '0'], /at least 1/],
    [['--runs', 'many'], /at least 1/],
    [['--runs', '1.5'], /at least 1/],
    [['--before', '../before', '--runs', '2'], /at least 3/],
    [['--fast'], /--fast/],
  ])('refuses %j', (args, message) => {
    expect(() => optionsIn(args)).toThrow(message)
  })
})
