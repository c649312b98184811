import type { ApiKey } from '@gatehouse/protocol/rest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestGateway, tokenSettings } from '../../src/gateway/testing/test-gateway.js'
import { JoseTokenVerifier } from '../../src/infra/jwt/jose-token-verifier.js'
import { SystemClock } from '../../src/infra/system-clock.js'
import { ApiKeyTokens } from '../../src/store/access/api-key-tokens.js'
import { StoreUnavailable, type ApiKeyFinding } from '../../src/store/repositories/index.js'

const keyOf = (letter: string): string => `ghk_${letter.repeat(43)}`
const record: ApiKey = {
  id: 'k1',
  name: 'billing',
  verbs: ['publish', 'room.join'],
  rooms: ['orders:*'],
  createdAt: 1,
  createdBy: 'ada',
  expiresAt: null,
  lastUsedAt: null,
}
const known = new Map<string, ApiKeyFinding | Error>([
  [keyOf('a'), record],
  [keyOf('b'), { ...record, id: 'k2', verbs: ['publish'] }],
  [keyOf('r'), 'revoked'],
  [keyOf('e'), { ...record, expiresAt: 2 }],
  [keyOf('d'), new StoreUnavailable()],
])
const find = (key: string): Promise<ApiKeyFinding> => {
  const found = known.get(key)
  return found instanceof Error ? Promise.reject(found) : Promise.resolve(found)
}

describe('An API key as a credential', () => {
  let gateway: TestGateway
  beforeEach(async () => {
    const clock = new SystemClock()
    const tokens = new ApiKeyTokens(JoseTokenVerifier.open(tokenSettings, clock), { find }, clock, () => undefined)
    gateway = await TestGateway.start({ tokens })
  })
  afterEach(() => gateway.stop())
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` })

  it.each<[string, Record<string, string>]>([
    ['the header', bearer(keyOf('a'))],
    ['a subprotocol', { 'Sec-WebSocket-Protocol': `gatehouse.v1.json, bearer.${keyOf('a')}` }],
  ])('[O-10] opens a connection in %s', async (_, headers) => {
    const client = await gateway.open({ headers })
    expect(await client.json()).toMatchObject({ event: 'connected', expiresAt: 8_640_000_000_000_000 })
    expect([...gateway.hub.connections.values()][0]?.user).toBe('key:k1')
  })

  it('[O-10] [I-8] authenticates a first frame, and publishes as its service only in its rooms', async () => {
    const listener = await gateway.open({ headers: bearer(keyOf('a')) })
    await listener.json()
    listener.sendText({ id: 1, event: 'join', data: { room: 'orders:1' } })
    expect(await listener.json()).toMatchObject({ ok: { offset: 0 } })
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: { token: keyOf('b') } })
    expect(await client.json()).toMatchObject({ ok: { protocol: 1 } })
    client.sendText({ id: 2, event: 'publish', data: { room: 'orders:1', data: 'paid' } })
    expect(await client.json()).toMatchObject({ id: 2, ok: { offset: 1 } })
    expect(await listener.json()).toMatchObject({ event: 'message', data: 'paid', from: { service: 'billing' } })
    for (const [id, event, room] of [
      [3, 'join', 'orders:1'],
      [4, 'publish', 'chat:a'],
      [5, 'presence', 'orders:1'],
      [6, 'publish', 'orders:1:x'],
    ] as const) {
      client.sendText({ id, event, data: { room, data: 1 } })
      expect(await client.json()).toMatchObject({ id, error: { code: 'forbidden' } })
    }
  })

  it.each([
    ['unknown', keyOf('x'), 401, 'bad_token'],
    ['revoked', keyOf('r'), 401, 'token_revoked'],
    ['expired', keyOf('e'), 401, 'token_expired'],
    ['malformed', 'ghk_x', 401, 'bad_token'],
    ['impossible to look up', keyOf('d'), 503, 'auth_backend_error'],
  ])('[O-10] that is %s is refused, by the check too, and never shown', async (_, key, status, code) => {
    const client = await gateway.connect()
    client.requestUpgrade({ headers: bearer(key) })
    const response = await client.response()
    expect([response.status, JSON.parse(response.body)]).toMatchObject([status, { code }])
    const check = await fetch(`http://127.0.0.1:${gateway.port}/ws`, { headers: bearer(key) })
    expect([check.status, await check.json()]).toMatchObject([status, { code }])
    expect(JSON.stringify([response.body, gateway.ports.records.refusals])).not.toContain(key)
  })

  it('that was revoked closes a first frame as auth_revoked; one that cannot be looked up may try again', async () => {
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: { token: keyOf('r') } })
    expect(await client.json()).toMatchObject({ error: { code: 'not_authenticated' } })
    await gateway.until(() => gateway.ports.records.closes.length === 1)
    expect(gateway.ports.records.closes).toMatchObject([{ reason: 'auth_revoked', code: 4500 }])
    const other = await gateway.open()
    other.sendText({ id: 1, event: 'connect', data: { token: keyOf('d') } })
    expect(await other.json()).toMatchObject({ error: { code: 'unavailable', retryAfterMs: expect.any(Number) } })
    other.sendText({ id: 2, event: 'connect', data: { token: keyOf('a') } })
    expect(await other.json()).toMatchObject({ id: 2, ok: {} })
  })
})
