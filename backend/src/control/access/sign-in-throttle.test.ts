import { expect, it } from 'vitest'
import { SignInThrottle } from './sign-in-throttle.js'

function throttle() {
  const clock = { ms: 0 }
  return { clock, throttle: new SignInThrottle(() => clock.ms) }
}

it('makes guesses of one name from one address wait ever longer', () => {
  const { clock, throttle: guesses } = throttle()
  for (let n = 0; n < 4; n += 1) guesses.failed('ada', '10.0.0.1')
  expect(guesses.waitMs('ada', '10.0.0.1')).toBe(0)
  guesses.failed('ada', '10.0.0.1')
  expect(guesses.waitMs('ada', '10.0.0.1')).toBe(2_000)
  clock.ms += 2_000
  expect(guesses.waitMs('ada', '10.0.0.1')).toBe(0)
  guesses.failed('ada', '10.0.0.1')
  expect(guesses.waitMs('ada', '10.0.0.1')).toBe(4_000)
})

it('never locks a name out for failures that came from elsewhere', () => {
  const { throttle: guesses } = throttle()
  for (let n = 0; n < 1000; n += 1) guesses.failed('ada', `10.0.${n % 250}.7`)
  expect(guesses.waitMs('ada', '192.0.2.1')).toBe(0)
})

it('slows an address that tries many names', () => {
  const { throttle: guesses } = throttle()
  for (let n = 0; n < 30; n += 1) guesses.failed(`name${n}`, '10.0.0.1')
  expect(guesses.waitMs('ada', '10.0.0.1')).toBeGreaterThan(0)
  expect(guesses.waitMs('ada', '10.0.0.2')).toBe(0)
})

it('forgets failures after half an hour and after the right password', () => {
  const { clock, throttle: guesses } = throttle()
  for (let n = 0; n < 12; n += 1) guesses.failed('ada', '10.0.0.1')
  guesses.succeeded('ada', '10.0.0.1')
  expect(guesses.waitMs('ada', '10.0.0.1')).toBe(0)
  for (let n = 0; n < 20; n += 1) guesses.failed('bob', '10.0.0.1')
  clock.ms += 31 * 60_000
  expect(guesses.waitMs('bob', '10.0.0.1')).toBe(0)
})
