import { describe, expect, it } from 'vitest'
import type { Answer } from '../replies/answer.js'
import { busModes } from '../testing/modes.js'
import { TestHub, type TestClient } from '../testing/test-hub.js'

describe.each(busModes)('identity over $mode', ({ faults }) => {
  const start = (settings = {}): TestHub => new TestHub(faults === undefined ? { settings } : { settings, faults })

  it('answers connect with what the client must know', () => {
    const t = start()
    const client = t.open()
    const data = { client: { name: 'web', version: '1.4' }, labels: { region: 'eu' } }
    const { ok } = t.authenticate(client, t.token('alice'), data)
    expect(ok).toMatchObject({
      protocol: 1,
      connection: client.c.id,
      node: 'node-1',
      pingMs: 25_000,
      idleMs: 0,
      limits: { frameBytes: 65_536, rooms: 128, messagesPerSecond: 50, messageBurst: 100 },
    })
    expect(ok?.session).toMatch(/^[0-9a-z]{26}$/)
    expect(client.c.state).toBe('open')
    expect(client.c.identity).toMatchObject({ user: 'alice', client: data.client, labels: data.labels })
    expect(t.hub.levels()).toMatchObject({ authenticating: 0, users: 1 })
  })

  it('[I-7] tells a connection that authenticated by its opening all that connect would answer', () => {
    const t = start()
    const token = t.token('alice')
    const { ok } = t.authenticate(t.open(), token)
    const client = t.open({ token })
    t.settle()
    const own = { connection: client.c.id, session: client.c.session, serverTime: expect.any(Number) }
    expect(client.socket.of('connected')).toEqual([{ event: 'connected', ...ok, ...own }])
    expect(client.c.state).toBe('open')
  })

  it('[I-7] lets such a connection say connect once, to bring its session', () => {
    const t = start()
    const first = t.client()
    const { session } = first.c
    const client = t.open({ token: t.token('alice') })
    t.settle()
    const answer = t.await((done) => t.hub.authenticator.authenticate(client.c, null, { session: session ?? '' }, done))
    expect(answer).toMatchObject({ ok: { session } })
    expect(client.c.session).toBe(session)
    expect(first.c.successor).toBe(client.c.id)
    expect(
      t.await<{ error?: unknown }>((done) => t.hub.authenticator.authenticate(client.c, null, {}, done)).error,
    ).toMatchObject({
      code: 'bad_request',
    })
  })

  it.each([
    ['token_expired', 'auth_expired', 4009],
    ['token_revoked', 'auth_revoked', 4500],
    ['bad_token', 'auth_failed', 4502],
  ] as const)('[I-6] closes a first frame whose token is %s as %s', (verdict, reason, code) => {
    const t = start()
    const client = t.open()
    const answer = t.await<{ error?: unknown }>((done) =>
      t.hub.authenticator.authenticate(client.c, { ok: false, reason: verdict, rule: 'signature' }, {}, done),
    )
    t.settle()
    expect(answer.error).toMatchObject({ code: 'not_authenticated' })
    expect(client.socket.closed).toEqual({ code, text: `${reason} ${client.c.id}` })
    expect(client.socket.frames.at(-1)).toMatchObject({ event: 'disconnect', code, reason, connection: client.c.id })
    expect(t.records.of(client.c.id).reason).toBe(reason)
    expect(t.hub.levels().authenticating).toBe(0)
  })

  it('[I-6] closes banned users and users over their cap with their own codes', () => {
    const t = start({ maxConnectionsPerUser: 1 })
    t.bans.users.set('mallory', { id: 'ban-1', kind: 'user', expiresAt: null, message: 'Enough' })
    const banned = t.open()
    t.authenticate(banned, t.token('mallory'))
    t.client('alice')
    const over = t.open()
    t.authenticate(over, t.token('alice'))
    t.settle()
    expect(banned.socket.closed?.code).toBe(4505)
    expect(t.records.evidence(banned.c.id)).toMatchObject({ ban: 'ban-1', message: 'Enough' })
    expect(over.socket.closed?.code).toBe(4508)
    expect(t.records.evidence(over.c.id)).toMatchObject({ limit: 1, value: 2 })
  })

  it('does not end a connection because the keys could not be read', () => {
    const t = start()
    const client = t.open()
    const answer = t.await<{ error?: unknown }>((done) =>
      t.hub.authenticator.authenticate(
        client.c,
        { ok: false, reason: 'auth_backend_error', rule: 'key set' },
        {},
        done,
      ),
    )
    expect(answer.error).toMatchObject({ code: 'unavailable' })
    expect(client.c.closing).toBeNull()
    expect(t.authenticate(client, t.token('alice')).ok).toBeDefined()
  })

  it('[I-3] gives a session back to its user, and a new one, silently, to anybody else', () => {
    const t = start()
    const first = t.client('alice')
    const session = first.c.session ?? ''
    t.hub.closer.socketClosed(first.c, { code: 1000, text: '', hadCloseFrame: true })
    const [mallory, again] = [t.open(), t.open()]
    expect(t.authenticate(mallory, t.token('mallory'), { session }).ok?.session).not.toBe(session)
    expect(t.authenticate(again, t.token('alice'), { session }).ok?.session).toBe(session)
    expect(t.records.reconnections).toEqual([[first.c.id, again.c.id]])
  })

  it('[I-3] does not take a session for a credential', () => {
    const t = start()
    const older = t.client('alice')
    const thief = t.open()
    const data = { session: older.c.session ?? '' }
    expect(
      t.await<{ error?: unknown }>((done) => t.hub.authenticator.authenticate(thief.c, null, data, done)).error,
    ).toMatchObject({
      code: 'not_authenticated',
    })
    t.settle()
    expect(t.records.of(thief.c.id).reason).toBe('auth_failed')
    expect([older.c.closing, older.c.successor]).toEqual([null, null])
  })

  it('[I-3] forgets a session 10 min after its last connection', () => {
    const t = start()
    const first = t.client('alice')
    const session = first.c.session ?? ''
    t.hub.closer.socketClosed(first.c, { code: 1000, text: '', hadCloseFrame: true })
    t.clock.advance(660_000)
    expect(t.sessions.count).toBe(0)
    expect(t.authenticate(t.open(), t.token('alice'), { session }).ok?.session).not.toBe(session)
  })

  it('[I-4] makes before break: the older connection closes once the newer has joined', () => {
    const t = start({ maxConnectionsPerUser: 1 })
    const older = t.client('alice')
    t.join(older, 'r')
    const newer = t.open()
    const answer = t.authenticate(newer, t.token('alice'), { session: older.c.session ?? '' })
    expect(answer.ok?.session).toBe(older.c.session)
    expect(older.c.closing).toBeNull()
    expect(t.hub.registry.countOfUser('alice')).toBe(1)
    t.join(newer, 'r')
    t.settle()
    expect(t.records.of(older.c.id)).toMatchObject({
      reason: 'superseded',
      code: 4512,
      evidence: { successor: newer.c.id },
    })
    expect(t.records.reconnections).toEqual([[older.c.id, newer.c.id]])
    expect(newer.c.closing).toBeNull()
    expect(t.hub.registry.countOfUser('alice')).toBe(1)
  })

  it('[I-4] closes the older connection after 10 s when the newer joins nothing', () => {
    const t = start()
    const older = t.client('alice')
    const newer = t.open()
    t.authenticate(newer, t.token('alice'), { session: older.c.session ?? '' })
    t.clock.advance(9_000)
    expect(older.c.closing).toBeNull()
    t.clock.advance(1_500)
    expect(t.records.of(older.c.id).reason).toBe('superseded')
  })

  it('[I-4] leaves the older connection alone when the newer ends before it joined', () => {
    const t = start({ maxConnectionsPerUser: 1 })
    const older = t.client('alice')
    t.join(older, 'r')
    const session = older.c.session ?? ''
    const newer = t.open()
    t.authenticate(newer, t.token('alice'), { session })
    t.hub.closer.socketClosed(newer.c, { code: 1006, text: '', hadCloseFrame: false })
    t.settle()
    expect(t.hub.registry.countOfUser('alice')).toBe(1)
    t.clock.advance(700_000)
    expect(older.c.closing).toBeNull()
    // The session is the older one's again: a third connection takes over from it, not from the closed one.
    const third = t.open()
    expect(t.authenticate(third, t.token('alice'), { session }).ok?.session).toBe(session)
    t.join(third, 'r')
    t.settle()
    expect(t.records.of(older.c.id)).toMatchObject({ reason: 'superseded', evidence: { successor: third.c.id } })
    expect(t.records.reconnections).toEqual([[older.c.id, third.c.id]])
    expect(t.hub.registry.countOfUser('alice')).toBe(1)
  })

  it('[I-4] leaves a session where it was when the newer ends before a slow store has answered', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const t = new TestHub({ seed, faults: { late: true, reorder: false, errors: false } })
      const older = t.client('alice')
      const session = older.c.session ?? ''
      const claim = ({ c }: TestClient): void =>
        t.hub.authenticator.authenticate(c, { ok: true, token: t.token('alice') }, { session }, () => {})
      const newer = t.open()
      claim(newer)
      t.hub.closer.socketClosed(newer.c, { code: 1006, text: '', hadCloseFrame: false })
      if (seed % 2 === 0) t.clock.advance(700_000)
      expect(older.c.closing).toBeNull()
      // A third connection takes over from it, be it later or before the store has answered the second.
      const third = t.open()
      claim(third)
      t.settle()
      expect(third.c.session).toBe(session)
      t.join(third, 'r')
      t.clock.advance(11_000)
      expect(t.records.of(older.c.id)).toMatchObject({ reason: 'superseded', evidence: { successor: third.c.id } })
      t.clock.advance(700_000)
      expect(third.c.closing).toBeNull()
      expect(t.hub.registry.countOfUser('alice')).toBe(1)
      expect(t.sessions.count).toBe(1)
    }
  })

  it('does not wait for a newer connection that is closing', () => {
    const t = start()
    const older = t.client('alice')
    const newer = t.open()
    t.authenticate(newer, t.token('alice'), { session: older.c.session ?? '' })
    newer.socket.onClose = () => {}
    newer.socket.onTerminate = () => {}
    t.clock.advance(9_000)
    t.hub.closer.disconnect(newer.c, 'kicked', {}, { closeTimeoutMs: 60_000 })
    t.clock.advance(30_000)
    expect(older.c.closing).toBeNull()
  })

  it('[I-4] closes all older connections of a session that changed hands twice', () => {
    const t = start()
    const first = t.client('alice')
    const session = first.c.session ?? ''
    const [second, third] = [t.open(), t.open()]
    t.authenticate(second, t.token('alice'), { session })
    t.authenticate(third, t.token('alice'), { session })
    t.join(third, 'r')
    t.clock.advance(11_000)
    expect([first, second].map(({ c }) => t.records.of(c.id).reason)).toEqual(['superseded', 'superseded'])
    expect(third.c.closing).toBeNull()
    expect(t.hub.registry.countOfUser('alice')).toBe(1)
  })

  it('[I-5] replaces grants by refresh and ends memberships that are no longer allowed', () => {
    const t = start()
    const alice = t.client('alice', { a: ['join', 'publish'], b: ['join'] })
    t.join(alice, 'a')
    t.join(alice, 'b')
    const token = t.token('alice', { b: ['join', 'publish'] }, 7_200_000)
    const answer = t.await((done) => t.hub.authenticator.refresh(alice.c, { ok: true, token }, done))
    expect(answer).toEqual({ ok: { expiresAt: token.expiresAt } })
    expect(alice.socket.of('left')).toEqual([{ event: 'left', room: 'a', reason: 'policy_changed' }])
    expect([...alice.c.memberships.keys()]).toEqual(['b'])
    t.hub.publisher.publish(alice.c, { room: 'a', data: 1 }, 1)
    t.hub.publisher.publish(alice.c, { room: 'b', data: 1 }, 2)
    t.settle()
    expect(alice.socket.reply(1)).toMatchObject({ error: { code: 'forbidden' } })
    expect(alice.socket.reply(2)).toMatchObject({ ok: { offset: 1 } })
  })

  it('refuses a refresh for somebody else, and a bad one, and goes on', () => {
    const t = start()
    const alice = t.client('alice')
    const refresh = (verdict: Parameters<typeof t.hub.authenticator.refresh>[1]): unknown =>
      t.await<Answer<{ expiresAt: number }>>((done) => t.hub.authenticator.refresh(alice.c, verdict, done)).error?.code
    expect(refresh({ ok: true, token: t.token('bob') })).toBe('forbidden')
    expect(refresh({ ok: false, reason: 'bad_token', rule: 'signature' })).toBe('not_authenticated')
    expect(alice.c.closing).toBeNull()
    refresh({ ok: false, reason: 'token_revoked', rule: 'revoked' })
    t.settle()
    expect(t.records.of(alice.c.id).reason).toBe('auth_revoked')
  })

  it('[I-5] voids grants when the token ends, and closes 25 s later', () => {
    const t = start()
    const alice = t.open()
    t.authenticate(alice, t.token('alice', undefined, 60_000))
    t.join(alice, 'r')
    t.clock.advance(60_000)
    t.hub.publisher.publish(alice.c, { room: 'r', data: 1 }, 1)
    expect(alice.socket.reply(1)).toMatchObject({ error: { code: 'not_authenticated' } })
    t.clock.advance(1_000)
    expect(alice.socket.of('left')).toEqual([{ event: 'left', room: 'r', reason: 'expired' }])
    expect(t.join(alice, 'r').error?.code).toBe('not_authenticated')
    t.clock.advance(23_000)
    expect(alice.c.closing).toBeNull()
    t.clock.advance(3_000)
    expect(t.records.of(alice.c.id)).toMatchObject({ reason: 'auth_expired', code: 4009 })
  })

  it('[I-1] unites overlapping patterns and gives nothing without a claim', () => {
    const t = start()
    const alice = t.client('alice', { 'chat:*': ['join'], 'chat:lobby': ['publish'], '**': ['presence'] })
    expect(t.hub.grants.of(alice.c, 'chat:lobby').names()).toEqual(['join', 'publish', 'presence'])
    expect(t.hub.grants.of(alice.c, 'chat:other').names()).toEqual(['join', 'presence'])
    expect(t.hub.grants.of(t.client('bob', {}).c, 'chat:lobby').names()).toEqual([])
  })

  it('keeps the newest 128 grants of publishing', () => {
    const t = start()
    const alice = t.client()
    for (let i = 0; i < 200; i += 1) t.hub.grants.of(alice.c, `r${i}`)
    expect(Array.from({ length: 200 }, (_, i) => alice.c.grantIn(`r${i}`)).filter(Boolean)).toHaveLength(128)
    expect(alice.c.grantIn('r71')).toBeUndefined()
    expect(alice.c.grantIn('r72')).toBeDefined()
  })
})
