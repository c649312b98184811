import { describe, expect, it } from 'vitest'
import { optionsIn } from './options.ts'
import { FULL_PLAN, QUICK_PLAN } from './plan.ts'

describe('the options of the bench', () => {
  it('publishes the full bench, and only that', () => {
    expect(optionsIn([])).toEqual({ plan: FULL_PLAN, publishes: true })
    expect(optionsIn(['--quick'])).toEqual({ plan: QUICK_PLAN, publishes: false })
    expect(optionsIn(['--runs', '7'])).toEqual({ plan: { ...FULL_PLAN, repetitions: 7 }, publishes: false })
  })

  it('measures the rest of wide rooms with every setting, and with --quick opens no thousands of connections', () => {
    expect(FULL_PLAN.rest.settings).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(FULL_PLAN.rest.fanOut.map(({ messagesPerSecond, membersEach }) => [messagesPerSecond, membersEach])).toEqual(
      [
        [50, 1000],
        [200, 1000],
      ],
    )
    expect(Math.max(...QUICK_PLAN.fanOut.map(({ rooms, membersEach }) => rooms * membersEach))).toBe(1000)
  })

  it('compares with an earlier checkout in five runs, or as many as are named', () => {
    const before = '../before'
    expect(optionsIn(['--before', before])).toEqual({
      plan: { ...FULL_PLAN, repetitions: 5 },
      before,
      publishes: false,
    })
    expect(optionsIn(['--before', before, '--runs', '3']).plan.repetitions).toBe(3)
    expect(optionsIn(['--before', before, '--quick'])).toEqual({ plan: QUICK_PLAN, before, publishes: false })
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
