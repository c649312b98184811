import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SigninLinks } from '../../src/control/access/signin-links.js'
import { type ControlNode, startControlNode } from './support/control-node.js'

describe('signing in', () => {
  let node: ControlNode
  beforeAll(async () => {
    node = await startControlNode()
  })
  afterAll(() => node.close())

  const post = (path: string, body: object) => node.stranger().post(path).set('X-Gatehouse-Request', '1').send(body)

  it('begins with a link that works once and creates an admin with a password', async () => {
    const link = await node.app.get(SigninLinks).atStart(node.url)
    expect(link).toMatch(/^http:\/\/localhost:\d+\/signin#[\w-]{32}$/)
    const token = (link as string).split('#')[1] as string
    const first = await post('/v1/signin/first', { token, name: 'ada', password: 'a long password' }).expect(200)
    expect(first.body).toMatchObject({ kind: 'operator', name: 'ada', role: 'admin', cluster: 'cluster1' })
    await post('/v1/signin/first', { token, name: 'eve', password: 'a long password' }).expect(401)
    expect(await node.app.get(SigninLinks).atStart(node.url)).toBeNull()
  })

  it('sets a cookie bound to host and cluster, and puts no secret into the answer', async () => {
    const answer = await node.signIn('ada', 'a long password').expect(200)
    const cookie = answer.headers['set-cookie']?.[0] as string
    expect(cookie).toMatch(
      /^__Host-gatehouse-cluster1=[\w-]{43}; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Strict$/,
    )
    const me = await node
      .stranger()
      .get('/v1/me')
      .set('Cookie', cookie.split(';')[0] as string)
      .expect(200)
    expect(me.body).toMatchObject({ name: 'ada', role: 'admin' })
    expect(me.body.sessionExpiresAt).toBeGreaterThan(Date.now())
  })

  it('creates a new secret each time and ends the sign-in that the browser had', async () => {
    const before = (await node.signIn('ada', 'a long password')).headers['set-cookie']?.[0]?.split(';')[0] as string
    const again = await node.signIn('ada', 'a long password').set('Cookie', before).expect(200)
    const after = again.headers['set-cookie']?.[0]?.split(';')[0] as string
    expect(after).not.toBe(before)
    await node.stranger().get('/v1/me').set('Cookie', before).expect(401)
    await node.stranger().get('/v1/me').set('Cookie', after).expect(200)
  })

  it('answers a wrong password and an unknown name alike', async () => {
    const wrong = await node.signIn('ada', 'not the password').expect(401)
    const unknown = await node.signIn('nobody', 'not the password').expect(401)
    expect({ ...wrong.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' })
    expect(wrong.headers['content-type']).toContain('application/problem+json')
  })

  it('slows guesses from one address, and never someone with the right password at another', async () => {
    const from = (address: string, password: string) => node.signIn('ada', password).set('X-Forwarded-For', address)
    for (let n = 0; n < 5; n += 1) await from('203.0.113.5', 'a wrong guess').expect(401)
    const slowed = await from('203.0.113.5', 'a long password').expect(429)
    expect(slowed.body).toMatchObject({ code: 'too_many_tries' })
    expect(slowed.body.retryAfterMs).toBeGreaterThan(0)
    expect(Number(slowed.headers['retry-after'])).toBeGreaterThan(0)
    await from('203.0.113.6', 'a long password').expect(200)
  })

  it('counts each of several parallel guesses', async () => {
    const guess = () => node.signIn('ada', 'a wrong guess').set('X-Forwarded-For', '203.0.113.9')
    const answers = await Promise.all(Array.from({ length: 12 }, guess))
    const statuses = answers.map(({ status }) => status)
    expect([401, 429].map((status) => statuses.filter((one) => one === status).length)).toEqual([5, 7])
  })

  it('is refused over plain http from another machine, with the remedy', async () => {
    const refused = await node.signIn('ada', 'a long password').set('Host', '192.0.2.7:8081').expect(403)
    expect(refused.body).toMatchObject({ code: 'insecure_sign_in' })
    expect(refused.body.detail).toContain('TLS_CERT')
    await node
      .signIn('ada', 'a long password')
      .set('Host', 'gate.example')
      .set('X-Forwarded-Proto', 'https')
      .expect(200)
  })

  it('cannot be started by another site', async () => {
    expect((await node.signIn('ada', 'a long password').set('Sec-Fetch-Site', 'cross-site')).status).toBe(403)
    await node.stranger().post('/v1/signin').send({ name: 'ada', password: 'a long password' }).expect(403)
  })

  it('ends when the operator signs out', async () => {
    const cookie = (await node.signIn('ada', 'a long password')).headers['set-cookie']?.[0]?.split(';')[0] as string
    const out = await post('/v1/signout', {}).set('Cookie', cookie).expect(200)
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    await node.stranger().get('/v1/me').set('Cookie', cookie).expect(401)
  })

  it('ends when the password or role changes or the operator is disabled', async () => {
    const cookie = await node.operator('bob', 'viewer')
    expect((await node.stranger().get('/v1/me').set('Cookie', cookie)).status).toBe(200)
    await node.admin('patch', '/v1/access/operators/bob').send({ role: 'operator' }).expect(200)
    await node.stranger().get('/v1/me').set('Cookie', cookie).expect(401)
    await node.admin('patch', '/v1/access/operators/bob').send({ disabled: true }).expect(200)
    await node.signIn('bob', 'a long password').expect(401)
  })

  it('is audited on success and failure, without any password', async () => {
    const { body } = await node.admin('get', '/v1/audit?limit=500').expect(200)
    const actions = (body.items as { action: string }[]).map(({ action }) => action)
    expect(actions).toEqual(
      expect.arrayContaining([
        'signin.link_redeemed',
        'signin.link_refused',
        'signin.succeeded',
        'signin.failed',
        'signin.ended',
        'operator.changed',
      ]),
    )
    expect(JSON.stringify(body)).not.toContain('long password')
    expect((await node.admin('get', '/v1/audit/verify').expect(200)).body).toMatchObject({
      intact: true,
      brokenAt: null,
    })
  })
})
