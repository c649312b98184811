import { expect, it } from 'vitest'
import { isNodeReady } from './readiness.js'

const minute = 60_000

it.each([
  ['in service with fresh bans', true, 0, true],
  ['in service with bans of 15 minutes ago', true, 15 * minute, true],
  ['in service with older bans, which let nobody in', true, 15 * minute + 1, false],
  ['draining', false, 0, false],
])('a node %s: %s, %s ms: %s', (_, isReady, ageMs, expected) => {
  expect(isNodeReady({ isReady }, { ageMs: () => ageMs })).toBe(expected)
})
