import { expect, it } from 'vitest'
import { closeSentence } from './close-sentences.js'

it('says the limit alone where the value that broke it is not known', () => {
  expect(closeSentence('rate_limited', { limit: 262_144, rule: 'bytes a second', retryAfterMs: 1_000 })).toBe(
    'The client kept sending over its rate: the limit is 256 KiB a second. The client may reconnect after 1 s.',
  )
  expect(closeSentence('rate_limited', { limit: 50 })).toBe(
    'The client kept sending over its rate: the limit is 50 messages a second.',
  )
  expect(closeSentence('user_limit', { limit: 5, value: 6 })).toBe(
    'The user has too many connections: 6 connections, the limit is 5.',
  )
})
