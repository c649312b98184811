import type { ApiKey } from '@gatehouse/protocol/rest'
import { describe, expect, it, vi } from 'vitest'
import type { TokenVerdict } from '../../realtime/ports/token-verifier.js'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import type { ApiKeyFinding } from '../repositories/api-key-repository.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { ApiKeyTokens } from './api-key-tokens.js'

const clock = new ManualClock()
const key = `ghk_${'k'.repeat(43)}`
const record: ApiKey = {
  id: 'k1',
  name: 'billing',
  verbs: ['publish', 'room.join'],
  rooms: ['orders:*', 'chat:lobby'],
  createdAt: clock.wallMs() - 1_000,
  createdBy: 'ada',
  expiresAt: null,
  lastUsedAt: null,
}

function verifier(found: ApiKeyFinding | Error, inner: TokenVerdict = refusedToken) {
  const find = vi.fn(() => (found instanceof Error ? Promise.reject(found) : Promise.resolve(found)))
  const verify = vi.fn(() => Promise.resolve(inner))
  const onError = vi.fn()
  return { tokens: new ApiKeyTokens({ verify }, { find }, clock, onError), find, verify, onError }
}
const refusedToken: TokenVerdict = { ok: false, reason: 'bad_token', rule: 'malformed' }
const tokenOf = (subject: string): TokenVerdict => ({
  ok: true,
  token: { subject, rooms: new Map(), expiresAt: 1, issuedAt: null, issuer: null, tokenId: null },
})

describe('ApiKeyTokens', () => {
  it('[I-8] takes a key as its own subject, in its rooms, with the rights of its verbs', async () => {
    const { tokens, verify } = verifier(record)
    expect(await tokens.verify(key)).toEqual({
      ok: true,
      token: {
        subject: 'key:k1',
        service: 'billing',
        rooms: new Map([
          ['orders:*', ['publish', 'join', 'history']],
          ['chat:lobby', ['publish', 'join', 'history']],
        ]),
        expiresAt: 8_640_000_000_000_000,
        issuedAt: record.createdAt,
        issuer: null,
        tokenId: 'k1',
      },
    })
    expect(verify).not.toHaveBeenCalled()
  })

  it.each<[readonly ApiKey['verbs'][number][], readonly string[]]>([
    [['publish'], ['publish']],
    [['room.join'], ['join', 'history']],
    [
      ['publish', 'read'],
      ['publish', 'presence'],
    ],
    [['publish', 'payload.read', 'access.write', 'token.mint', 'connection.bulk'], ['publish']],
  ])('[I-8] turns the verbs %j into the rights %j, in all rooms if the key names none', async (verbs, rights) => {
    const verdict = await verifier({ ...record, verbs: [...verbs], rooms: [] }).tokens.verify(key)
    expect(verdict.ok && [...verdict.token.rooms]).toEqual([['**', rights]])
  })

  it('[I-8] expires when the key does', async () => {
    const { tokens } = verifier({ ...record, expiresAt: clock.wallMs() + 60_000 })
    expect(await tokens.verify(key)).toMatchObject({ ok: true, token: { expiresAt: clock.wallMs() + 60_000 } })
  })

  it.each<[string, ApiKeyFinding | Error, string, string]>([
    ['is unknown', undefined, 'bad_token', 'unknown API key'],
    ['was revoked', 'revoked', 'token_revoked', 'revoked API key'],
    ['has expired', { ...record, expiresAt: clock.wallMs() }, 'token_expired', 'end of the API key'],
    [
      'may only read',
      { ...record, verbs: ['read', 'metrics.read'] },
      'bad_token',
      'the API key holds neither publish nor room.join',
    ],
    ['cannot be looked up', new StoreUnavailable(), 'auth_backend_error', 'API keys unreadable'],
  ])('[O-10] refuses a key that %s', async (_, found, reason, rule) => {
    const { tokens, onError } = verifier(found)
    expect(await tokens.verify(key)).toEqual({ ok: false, reason, rule })
    expect(onError).toHaveBeenCalledTimes(reason === 'auth_backend_error' ? 1 : 0)
  })

  it('reports failures at most once in ten seconds', async () => {
    const { tokens, onError } = verifier(new StoreUnavailable())
    for (let i = 0; i < 20; i += 1) await tokens.verify(key)
    expect(onError).toHaveBeenCalledTimes(1)
    clock.advance(10_000)
    await tokens.verify(key)
    expect(onError).toHaveBeenCalledTimes(2)
  })

  it.each(['ghk_', 'ghk_short', `${key}k`, `ghk_${'k'.repeat(42)}=`, `ghk_${'k'.repeat(100_000)}`])(
    'refuses a malformed key without looking it up',
    async (given) => {
      const { tokens, find, verify } = verifier(record)
      expect(await tokens.verify(given)).toEqual({ ok: false, reason: 'bad_token', rule: 'malformed API key' })
      expect([find, verify].map(({ mock }) => mock.calls.length)).toEqual([0, 0])
    },
  )

  it('[O-10] leaves everything else to the verifier of tokens, GATEHOUSE_ADMIN_KEY too', async () => {
    const { tokens, find } = verifier(record)
    expect(await tokens.verify('an-admin-key-of-32-bytes-or-more-0123')).toEqual(refusedToken)
    const alice = tokenOf('alice')
    expect(await verifier(record, alice).tokens.verify('a.b.c')).toBe(alice)
    expect(find).not.toHaveBeenCalled()
  })

  it('[I-8] refuses a token whose subject is that of a key', async () => {
    expect(await verifier(record, tokenOf('key:k1')).tokens.verify('a.b.c')).toEqual({
      ok: false,
      reason: 'bad_token',
      rule: 'sub of an API key',
    })
  })
})
