import { describe, expect, it } from 'vitest'
import { Admission } from './admission.js'
import type { AdmissionSettings, OpeningRequest } from './opening-request.js'
import { mayConnectFrom } from './origin-rule.js'
import { TestHub } from '../testing/test-hub.js'

function start(settings: Partial<AdmissionSettings> = {}): {
  t: TestHub
  admission: Admission
  ask: (request?: Partial<OpeningRequest>) => string
  request: (request?: Partial<OpeningRequest>) => OpeningRequest
  lag: (ms: number) => void
} {
  const t = new TestHub({ settings: { maxConnectionsPerUser: settings.maxConnectionsPerUser ?? 20 } })
  let lagMs = 0
  const admission = new Admission(t.hub, {
    isProduction: false,
    allowedOrigins: [],
    firstFrameAuth: true,
    maxConnections: 0,
    maxConnectionsPerAddress: 1_000,
    maxConnectionsPerUser: 20,
    connectRatePerAddress: 200,
    connectRate: 0,
    recordAddress: 'full',
    loopDelayMs: () => lagMs,
    ...settings,
  })
  let asked = 0
  const request = (given: Partial<OpeningRequest> = {}): OpeningRequest => {
    asked += 1
    return {
      id: `r${asked}`,
      address: '203.0.113.5',
      origin: null,
      host: 'gate.example:8080',
      userAgent: 'test',
      isUpgrade: true,
      verdict: null,
      ...given,
    }
  }
  const ask = (given: Partial<OpeningRequest> = {}): string => {
    const asking = request(given)
    const verdict = admission.decide(asking)
    if (!verdict.ok) return verdict.refusal.reason
    if (asking.isUpgrade) {
      const facts = { id: asking.id, address: asking.address, addressGroup: verdict.addressGroup }
      t.open(asking.verdict?.ok === true ? { ...facts, token: asking.verdict.token } : facts)
    }
    return 'ok'
  }
  return { t, admission, ask, request, lag: (ms) => (lagMs = ms) }
}

describe('admission', () => {
  it('refuses each fault with its reason, status and evidence, and records it', () => {
    const { t, admission, request } = start({ firstFrameAuth: false })
    t.bans.addresses.set('198.51.100.9', { id: 'ban-1', kind: 'address', expiresAt: null, message: null })
    t.bans.users.set('mallory', { id: 'ban-2', kind: 'user', expiresAt: 1_800_000_000_000, message: null })
    const bad = (reason: 'bad_token' | 'token_expired' | 'token_revoked' | 'auth_backend_error') =>
      admission.decide(request({ verdict: { ok: false, reason, rule: 'signature' } })).refusal
    expect(admission.decide(request({ origin: 'https://evil.example' })).refusal).toMatchObject({
      reason: 'origin_denied',
      status: 403,
      evidence: { origin: 'https://evil.example' },
    })
    expect(admission.decide(request({ address: '198.51.100.9' })).refusal).toMatchObject({
      reason: 'banned',
      status: 403,
      evidence: { ban: 'ban-1' },
    })
    expect(admission.decide(request()).refusal).toMatchObject({ reason: 'no_token', status: 401 })
    expect(bad('bad_token')).toMatchObject({ reason: 'bad_token', status: 401, evidence: { rule: 'signature' } })
    expect(bad('token_expired')).toMatchObject({ reason: 'token_expired', status: 401 })
    expect(bad('token_revoked')).toMatchObject({ reason: 'token_revoked', status: 401 })
    expect(bad('auth_backend_error')).toMatchObject({
      reason: 'auth_backend_error',
      status: 503,
      retryAfterMs: expect.any(Number),
    })
    expect(admission.decide(request({ verdict: { ok: true, token: t.token('mallory') } })).refusal).toMatchObject({
      reason: 'banned',
      evidence: { ban: 'ban-2', expiresAt: 1_800_000_000_000 },
    })
    expect(t.records.refusals).toHaveLength(8)
    expect(t.records.refusals.at(-1)).toMatchObject({
      reason: 'banned',
      user: 'mallory',
      address: '203.0.113.5',
      addressPrefix: '203.0.113.0/24',
    })
    expect(t.hub.books.snapshot()).toMatchObject({ attempts: 8, opened: 0, refused: 8 })
  })

  it('limits connections and attempts of an address, IPv6 by its /64', () => {
    const { t, ask } = start({ maxConnectionsPerAddress: 2, connectRatePerAddress: 5 })
    expect([ask(), ask(), ask()]).toEqual(['ok', 'ok', 'ip_connection_limit'])
    expect(['2001:db8::1', '2001:db8::2', '2001:db8::3'].map((address) => ask({ address }))).toEqual([
      'ok',
      'ok',
      'ip_connection_limit',
    ])
    expect(ask({ address: '2001:db8:0:1::1' })).toBe('ok')
    expect([ask(), ask(), ask()]).toEqual(['ip_connection_limit', 'ip_connection_limit', 'ip_rate_limit'])
    for (const c of t.hub.connections.values())
      t.hub.closer.socketClosed(c, { code: 1000, text: '', hadCloseFrame: true })
    t.clock.advance(1_000)
    expect(ask()).toBe('ok')
  })

  it('exempts this machine from limits per address, but not in production', () => {
    const local = { address: '::ffff:127.0.0.1' }
    const relaxed = start({ maxConnectionsPerAddress: 1 })
    expect([relaxed.ask(local), relaxed.ask(local)]).toEqual(['ok', 'ok'])
    const strict = start({ maxConnectionsPerAddress: 1, isProduction: true })
    expect([strict.ask(local), strict.ask(local)]).toEqual(['ok', 'ip_connection_limit'])
  })

  it('limits the node: capacity, rate, overload, draining, and bans that are too old', () => {
    const capacity = start({ maxConnections: 1 })
    expect([capacity.ask(), capacity.ask()]).toEqual(['ok', 'node_capacity'])
    const rate = start({ connectRate: 1 })
    expect([rate.ask(), rate.ask()]).toEqual(['ok', 'node_rate_limit'])
    const { t, admission, ask, lag } = start()
    lag(250)
    expect(ask()).toBe('overload')
    lag(0)
    t.bans.age = 901_000
    expect(ask()).toBe('policy_unavailable')
    t.bans.age = 0
    admission.draining = { retryAfterMs: 10_000 }
    expect(ask()).toBe('draining')
    expect(t.records.refusals.at(-1)?.evidence.retryAfterMs).toBeGreaterThanOrEqual(10_000)
    admission.draining = null
    expect(ask()).toBe('ok')
  })

  it('limits the connections of a user', () => {
    const { t, ask } = start({ maxConnectionsPerUser: 2 })
    const verdict = { ok: true, token: t.token('alice') } as const
    expect([ask({ verdict }), ask({ verdict }), ask({ verdict })]).toEqual(['ok', 'ok', 'user_connection_limit'])
    expect(ask({ verdict: { ok: true, token: t.token('bob') } })).toBe('ok')
  })

  it('[I-4] refuses a token in the opening at the cap, where a first frame may still take its session over', () => {
    const { t, ask } = start({ maxConnectionsPerUser: 1 })
    const older = t.client('alice')
    expect(ask({ verdict: { ok: true, token: t.token('alice') } })).toBe('user_connection_limit')
    expect(ask({ id: 'newer' })).toBe('ok')
    const c = t.hub.connections.get('newer')
    if (c === undefined) throw new Error('the connection is not in the hub')
    const session = older.c.session ?? ''
    const answer = t.await((done) =>
      t.hub.authenticator.authenticate(c, { ok: true, token: t.token('alice') }, { session }, done),
    )
    expect(answer).toMatchObject({ ok: { session } })
    expect([older.c.closing, c.closing, t.hub.registry.countOfUser('alice')]).toEqual([null, null, 1])
  })

  it('spreads the times at which refused clients come back', () => {
    const { admission, request } = start()
    admission.draining = { retryAfterMs: 10_000 }
    const times = new Set(Array.from({ length: 50 }, () => admission.decide(request()).refusal?.retryAfterMs))
    expect(times.size).toBeGreaterThan(40)
  })

  it('counts screened handshakes against the limits until they are decided', () => {
    const { admission, request } = start({ maxConnectionsPerAddress: 1 })
    const first = request()
    expect(admission.screen(first).ok).toBe(true)
    expect(admission.pendingHandshakes).toBe(1)
    expect(admission.screen(request()).refusal?.reason).toBe('ip_connection_limit')
    admission.refuse(first, 'aborted', {})
    expect(admission.pendingHandshakes).toBe(0)
    expect(admission.screen(request()).ok).toBe(true)
  })

  it('looks at the bans again once the token is checked', () => {
    const { t, admission, request } = start()
    const checked = (): OpeningRequest => {
      const asking = request()
      expect(admission.screen(asking).ok).toBe(true)
      return { ...asking, verdict: { ok: true, token: t.token('alice') } }
    }
    const [first, second] = [checked(), checked()]
    t.bans.addresses.set('203.0.113.5', { id: 'ban-1', kind: 'address', expiresAt: null, message: null })
    expect(admission.decide(first).refusal).toMatchObject({ reason: 'banned', evidence: { ban: 'ban-1' } })
    t.bans.addresses.clear()
    t.bans.age = 901_000
    expect(admission.decide(second).refusal?.reason).toBe('policy_unavailable')
    expect(t.hub.books.snapshot()).toMatchObject({ attempts: 2, opened: 0, refused: 2 })
  })

  it('[O-7] answers the check without Upgrade alike, but counts and records nothing', () => {
    const { t, ask } = start({ maxConnections: 1 })
    expect(ask({ isUpgrade: false })).toBe('ok')
    expect(ask()).toBe('ok')
    expect(ask({ isUpgrade: false })).toBe('node_capacity')
    expect(t.records.refusals).toEqual([])
    expect(t.hub.books.snapshot()).toMatchObject({ attempts: 1, opened: 1, refused: 0 })
  })

  it('[U-1] keeps attempts = connections + refusals', () => {
    const { t, admission, ask, request } = start({ maxConnections: 5 })
    for (let i = 0; i < 12; i += 1) ask()
    expect(admission.refuse(request(), 'bad_upgrade', { rule: 'method' }, 405)).toMatchObject({ status: 405 })
    const { attempts, opened, refused, refusedByReason } = t.hub.books.snapshot()
    expect(attempts).toBe(13)
    expect(attempts).toBe(opened + refused)
    expect(Object.values(refusedByReason).reduce((sum, count) => sum + count, 0)).toBe(refused)
  })
})

describe('the origin rule', () => {
  it.each([
    [null, [], true, true],
    ['null', [], false, false],
    ['http://localhost:5173', [], false, true],
    ['http://127.0.0.1', [], false, true],
    ['http://[::1]:3000', [], false, true],
    ['https://gate.example:8080', [], false, true],
    ['https://other.example', [], false, false],
    ['http://localhost.evil.example', [], false, false],
    ['http://localhost:5173', [], true, false],
    ['https://app.example', ['https://app.example'], true, true],
    ['https://app.example:444', ['https://app.example'], true, false],
    ['http://localhost:5173', ['https://app.example'], false, false],
    ['null', ['null'], false, false],
  ] as const)('of %s with %j in production %s: %s', (origin, allowed, isProduction, may) => {
    expect(mayConnectFrom(origin, 'gate.example:8080', allowed, isProduction)).toBe(may)
  })
})
