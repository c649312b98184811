import { expect, it } from 'vitest'
import { SignInThrottle } from './sign-in-throttle.js'

function throttled() {
  const clock = { ms: 0 }
  const guesses = new SignInThrottle(() => clock.ms)
  /** Wrong tries, each as soon as the throttle allows it. */
  const fail = (times: number, name: string, address: string): void => {
    for (let n = 0; n < times; n += 1) {
      const waitMs = guesses.begin(name, address)
      clock.ms += waitMs
      if (waitMs > 0) guesses.begin(name, address)
    }
  }
  return { clock, guesses, fail }
}

it('makes guesses at one name from one address wait longer each time', () => {
  const { clock, guesses, fail } = throttled()
  fail(5, 'ada', '10.0.0.1')
  expect([clock.ms, guesses.begin('ada', '10.0.0.1')]).toEqual([0, 2_000])
  clock.ms += 2_000
  expect(guesses.begin('ada', '10.0.0.1')).toBe(0)
  expect(guesses.begin('ada', '10.0.0.1')).toBe(4_000)
})

it('counts a try before its password is checked, so that parallel guesses gain nothing', () => {
  const { guesses } = throttled()
  const waits = Array.from({ length: 20 }, () => guesses.begin('ada', '10.0.0.1'))
  expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(5)
})

it('never locks a name out because of failures from other addresses', () => {
  const { guesses, fail } = throttled()
  for (let n = 0; n < 1000; n += 1) fail(1, 'ada', `10.0.${n % 250}.7`)
  expect(guesses.begin('ada', '192.0.2.1')).toBe(0)
})

it('slows an address that tries many names', () => {
  const { guesses, fail } = throttled()
  for (let n = 0; n < 30; n += 1) fail(1, `name${n}`, '10.0.0.1')
  expect(guesses.begin('ada', '10.0.0.1')).toBeGreaterThan(0)
  expect(guesses.begin('ada', '10.0.0.2')).toBe(0)
})

it('does not count a right password or a try that could not be checked against an address', () => {
  const { guesses } = throttled()
  for (let n = 0; n < 100; n += 1) {
    expect(guesses.begin(`name${n}`, '10.0.0.1')).toBe(0)
    guesses.succeeded(`name${n}`, '10.0.0.1')
    expect(guesses.begin('ada', '10.0.0.1')).toBe(0)
    guesses.withdraw('ada', '10.0.0.1')
  }
})

it('forgets failures after half an hour and after the right password', () => {
  const { clock, guesses, fail } = throttled()
  fail(6, 'ada', '10.0.0.1')
  clock.ms += 4_000
  expect(guesses.begin('ada', '10.0.0.1')).toBe(0)
  guesses.succeeded('ada', '10.0.0.1')
  expect(guesses.begin('ada', '10.0.0.1')).toBe(0)
  fail(12, 'bob', '10.0.0.1')
  expect(guesses.begin('bob', '10.0.0.1')).toBeGreaterThan(60_000)
  clock.ms += 31 * 60_000
  expect(guesses.begin('bob', '10.0.0.1')).toBe(0)
})
