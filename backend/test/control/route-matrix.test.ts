import { builtInRoomType } from '../../src/realtime/room-types/room-type.js'
import { type Role, roles, roleVerbs, type Verb, verbs } from '@gatehouse/protocol/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, type ControlNode, startControlNode } from './support/control-node.js'

/** The access rule of every route of the control port. A route that is missing here fails the first test below. */
const table: Readonly<Record<string, 'open' | 'known' | readonly Verb[]>> = {
  'GET /livez': 'open',
  'GET /readyz': 'open',
  'GET /metrics': ['metrics.read'],
  'GET /docs': 'open',
  'GET /docs/style.css': 'open',
  'GET /openapi.json': 'open',
  'GET /v1/me': 'known',
  'POST /v1/signin': 'open',
  'POST /v1/signin/first': 'open',
  'POST /v1/signout': 'open',
  'GET /v1/node': ['read'],
  'POST /v1/node/return-to-service': ['operation.run'],
  'GET /v1/connections': ['read'],
  'GET /v1/connections/:id': ['read'],
  'POST /v1/connections/:id/disconnect': ['connection.disconnect'],
  'GET /v1/c/:id': ['read'],
  'GET /v1/closed': ['read'],
  'GET /v1/closed/:id': ['read'],
  'GET /v1/refusals': ['read'],
  'GET /v1/refusals/:id': ['read'],
  'POST /v1/publish': ['publish'],
  'GET /v1/rooms': ['read'],
  'GET /v1/rooms/:name': ['read'],
  'GET /v1/rooms/:name/members': ['read'],
  'GET /v1/rooms/:name/history': ['payload.read'],
  'DELETE /v1/rooms/:name/history': ['room.clear'],
  'GET /v1/rooms/:name/receipts': ['read'],
  'POST /v1/rooms/:name/publish': ['publish'],
  'POST /v1/rooms/:name/close': ['room.close'],
  'POST /v1/rooms/:name/reopen': ['room.reopen'],
  'GET /v1/bans': ['read'],
  'POST /v1/bans': ['ban.user', 'ban.address'],
  'POST /v1/bans/preview': ['ban.user', 'ban.address'],
  'DELETE /v1/bans/:id': ['ban.lift'],
  'GET /v1/operations': ['read'],
  'GET /v1/operations/:id': ['read'],
  'POST /v1/operations': ['operation.plan', 'operation.run'],
  'PATCH /v1/operations/:id': ['operation.run'],
  'POST /v1/operations/:id/pause': ['operation.run'],
  'POST /v1/operations/:id/resume': ['operation.run'],
  'POST /v1/operations/:id/cancel': ['operation.run'],
  'POST /v1/operations/:id/finish': ['operation.run'],
  'GET /v1/stats': ['read'],
  'POST /v1/tokens': ['token.mint'],
  'GET /v1/audit': ['audit.read'],
  'GET /v1/audit/verify': ['audit.read'],
  'GET /v1/access/operators': ['access.read'],
  'POST /v1/access/operators': ['access.write'],
  'PATCH /v1/access/operators/:name': ['access.write'],
  'DELETE /v1/access/operators/:name': ['access.write'],
  'GET /v1/access/api-keys': ['access.read'],
  'POST /v1/access/api-keys': ['access.write'],
  'DELETE /v1/access/api-keys/:id': ['access.write'],
}

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }
}

const routes = Object.keys(table).map((route) => {
  const [method = '', path = ''] = route.split(' ')
  return { route, method, path: path.replace(':name', 'chat:lobby').replace(':id', 'missing') }
})
const variants = [
  (path: string) => path,
  (path: string) => `${path}/`,
  (path: string) => path.toUpperCase(),
  (path: string) => `/${path}`,
  (path: string) => `${path}?x[__proto__]=1`,
  (path: string) => `${path};x=1`,
  (path: string) => path.replace(/[a-z](?=[a-z]*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path: string) => `${path}/../${path.split('/').at(-1)}`,
]

const closed = routes.flatMap(({ route, method, path }) => {
  const rule = table[route]
  return rule === undefined || rule === 'open' ? [] : [{ rule, method, path }]
})

/** Several at a time: each denial waits for its audit row, and rows that arrive together are written together. */
async function each<T>(items: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await check(item)
  }
  await Promise.all(Array.from({ length: 12 }, work))
}

describe('access', () => {
  let node: ControlNode
  const cookies = new Map<Role, string>()

  beforeAll(async () => {
    node = await startControlNode(undefined, [{ ...builtInRoomType, pattern: 'inbox:*', own: true }])
    for (const role of roles) cookies.set(role, await node.operator(`the-${role}`, role, ['chat:*']))
  })
  afterAll(() => node.close())

  async function ask(method: string, path: string, headers: Record<string, string>): Promise<number> {
    const body = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? undefined : '{}'
    const init = {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'X-Gatehouse-Request': '1' }),
      },
    }
    const answer = await fetch(`${node.url}${path}`, body === undefined ? init : { ...init, body })
    await answer.arrayBuffer()
    return answer.status
  }

  it('has a row for every route and no row without one', () => {
    const { router } = node.app.getHttpAdapter().getInstance() as unknown as { router: { stack: readonly Layer[] } }
    const found = router.stack.flatMap(({ route }) =>
      route === undefined ? [] : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`),
    )
    expect(found.toSorted()).toEqual(Object.keys(table).toSorted())
  })

  it('is refused to strangers, whatever the spelling of the path', async () => {
    await each(closed, async ({ method, path }) => {
      for (const variant of variants) {
        expect([401, 404], `${method} ${variant(path)}`).toContain(await ask(method, variant(path), {}))
      }
      expect(await ask(method, path, {}), path).toBe(401)
      expect(await ask(method, path, { Authorization: 'Bearer ghk_unknown' }), path).toBe(401)
      expect(await ask(method, path, { Cookie: '__Host-gatehouse-cluster1=unknown' }), path).toBe(401)
      if (method === 'GET') expect(await ask('HEAD', path, {}), `HEAD ${path}`).toBe(401)
    })
  })

  it.each(roles)('allows the role %s exactly what its verbs allow, whatever the spelling of the path', async (role) => {
    const headers = { Cookie: cookies.get(role) as string }
    await each(closed, async ({ rule, method, path }) => {
      const may = rule === 'known' || rule.some((verb) => roleVerbs[role].includes(verb))
      const status = await ask(method, path, headers)
      if (may) expect([401, 403], `${role} ${method} ${path}: ${status}`).not.toContain(status)
      else {
        expect(status, `${role} ${method} ${path}`).toBe(403)
        for (const variant of variants) {
          expect([403, 404], `${role} ${method} ${variant(path)}`).toContain(await ask(method, variant(path), headers))
        }
      }
      if (method === 'GET') expect(await ask('HEAD', path, headers), `${role} HEAD ${path}`).toBe(status)
    })
  })

  it('of a key is exactly what each of its verbs allows', async () => {
    await each(verbs, async (verb) => {
      const headers = { Authorization: `Bearer ${await node.key([verb])}` }
      for (const { rule, method, path } of closed) {
        const may = rule === 'known' || rule.includes(verb)
        const status = await ask(method, path, headers)
        if (may) expect([401, 403], `${verb} ${method} ${path}`).not.toContain(status)
        else expect(status, `${verb} ${method} ${path}`).toBe(403)
      }
    })
  }, 60_000)

  it('allows no methods but those of the routes', async () => {
    for (const method of ['OPTIONS', 'PUT', 'PROPFIND']) {
      expect(await ask(method, '/v1/node', { Authorization: `Bearer ${ADMIN_KEY}` }), method).toBe(405)
    }
    expect(await ask('POST', '/v1/node', { Authorization: `Bearer ${ADMIN_KEY}` })).toBe(404)
  })

  it('of a cookie allows changes only from the control room’s own pages', async () => {
    const Cookie = cookies.get('admin') as string
    for (const { route, method, path } of routes) {
      if (table[route] === 'open' || method === 'GET') continue
      const send = (headers: Record<string, string>) =>
        fetch(`${node.url}${path}`, { method, headers: { Cookie, ...headers }, body: '{}' })
      const json = { 'Content-Type': 'application/json' }
      expect((await send({ ...json })).status, route).toBe(403)
      expect((await send({ ...json, 'X-Gatehouse-Request': '1', 'Sec-Fetch-Site': 'cross-site' })).status, route).toBe(
        403,
      )
      expect((await send({ ...json, 'X-Gatehouse-Request': '1', Origin: 'http://evil.example' })).status, route).toBe(
        403,
      )
      expect((await send({ 'Content-Type': 'text/plain', 'X-Gatehouse-Request': '1' })).status, route).toBe(415)
    }
  })

  it('of a moderator is limited to its room patterns', async () => {
    const headers = { Cookie: cookies.get('moderator') as string }
    for (const path of ['/v1/rooms/news', '/v1/rooms/news/members']) expect(await ask('GET', path, headers)).toBe(403)
    for (const act of ['publish', 'close', 'reopen'])
      expect(await ask('POST', `/v1/rooms/news/${act}`, headers)).toBe(403)
    const outside = node.client('ann')
    await node.join(outside.connection, 'news')
    const inside = node.client('ben')
    await node.join(inside.connection, 'chat:lobby')
    const kick = (id: string) =>
      node
        .stranger()
        .post(`/v1/connections/${id}/disconnect`)
        .set('Cookie', headers.Cookie)
        .set('X-Gatehouse-Request', '1')
        .send({ reason: 'kicked' })
    await kick(outside.connection.id).expect(403)
    await kick(inside.connection.id).expect(200)
    const ban = (value: string) =>
      node
        .stranger()
        .post('/v1/bans')
        .set('Cookie', headers.Cookie)
        .set('X-Gatehouse-Request', '1')
        .send({ kind: 'user', value, reason: 'spam' })
    await ban('ann').expect(403)
    const rooms = await node.stranger().get('/v1/rooms').set('Cookie', headers.Cookie).expect(200)
    expect((rooms.body.items as { name: string }[]).map(({ name }) => name)).toEqual(['chat:lobby'])
  })

  it('cannot be extended by a caller that has only part of it', async () => {
    const Authorization = `Bearer ${await node.key(['access.write', 'read', 'publish', 'token.mint'], ['chat:*'])}`
    const post = (path: string, body: object) =>
      node.stranger().post(path).set('Authorization', Authorization).send(body)
    expect((await post('/v1/access/api-keys', { name: 'k1', verbs: ['ban.user'], rooms: ['chat:*'] })).status).toBe(403)
    await post('/v1/access/api-keys', { name: 'k2', verbs: ['publish'] }).expect(403)
    await post('/v1/access/api-keys', { name: 'k3', verbs: ['publish'], rooms: ['**'] }).expect(403)
    await post('/v1/access/api-keys', { name: 'k4', verbs: ['publish'], rooms: ['chat:lobby'] }).expect(201)
    await post('/v1/access/operators', { name: 'eve', role: 'admin', password: 'a long password' }).expect(403)
    await node
      .stranger()
      .patch('/v1/access/operators/the-admin')
      .set('Authorization', Authorization)
      .send({ password: 'a long password' })
      .expect(403)
    await node.stranger().delete('/v1/access/operators/the-admin').set('Authorization', Authorization).expect(403)
    await post('/v1/tokens', { sub: 'x', rooms: { '**': ['join'] } }).expect(403)
    // The subject's own room, inbox:x, is outside the caller's patterns.
    await post('/v1/tokens', { sub: 'x', rooms: { 'chat:a': ['join'] } }).expect(403)
    await post('/v1/tokens', { sub: 'of:nobody', rooms: { 'chat:a': ['join'] } }).expect(201)
  })

  it('that is denied writes an audit row that says who asked for what', async () => {
    const { body } = await node
      .admin('get', '/v1/audit?filter=action:access.denied%20actor:the-viewer&limit=500')
      .expect(200)
    expect(body.items).toContainEqual(
      expect.objectContaining({
        actor: 'the-viewer',
        outcome: 'denied',
        target: 'POST /v1/tokens',
        detail: { verb: 'token.mint' },
      }),
    )
  })

  it('causes no internal failure', () => {
    expect(node.failures).toEqual([])
  })
})
