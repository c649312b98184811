import { expect, it } from 'vitest'
import { evidenceWords } from './evidence-words.js'

it('shows what was measured in words and units, and leaves unknown names as they are', () => {
  const shown = evidenceWords({
    silentMs: 45_000,
    queuedBytes: 2048,
    lastRttMs: 38,
    rule: 'fragments',
    limit: 16_384,
    receivedCode: 4000,
    expiresAt: Date.UTC(2026, 10, 23, 14, 28, 2),
    room: 'chat:lobby',
  })
  expect(shown.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'silent for 45 s',
    'waiting 2.0 KiB',
    'last round trip 38 ms',
    'rule fragments',
    'limit 16,384',
    'code received 4000',
    'until 2026-11-23 14:28:02 UTC',
    'room chat:lobby',
  ])
})
