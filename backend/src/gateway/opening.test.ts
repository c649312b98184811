import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decode } from '@msgpack/msgpack'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RawClient } from './testing/raw-client.js'
import { recordWrites } from './testing/recorded-writes.js'
import type { TestGatewayOptions } from './testing/test-gateway.js'
import { TestGateway, token } from './testing/test-gateway.js'

let gateway: TestGateway
afterEach(() => gateway.stop())

const start = async (options?: TestGatewayOptions): Promise<TestGateway> => (gateway = await TestGateway.start(options))

describe('Opening a connection', () => {
  it('[O-2] [I-7] takes the token from the Authorization header and tells the connection by a push', async () => {
    await start()
    const client = await gateway.open({ headers: { Authorization: `Bearer ${await token()}` } })
    const connected = await client.json()
    const id = client.upgradeHeaders.get('gatehouse-connection')
    expect(connected).toMatchObject({ event: 'connected', connection: id, node: 'n1', protocol: 1 })
    expect(gateway.hub.connections.get(String(id))).toMatchObject({ user: 'alice', state: 'open' })
  })

  it('[O-2] [O-3] takes the token from a bearer subprotocol, selects ours and never echoes the bearer', async () => {
    await start()
    const offer = `gatehouse.v1.json, bearer.${await token()}`
    const client = await gateway.open({ headers: { 'Sec-WebSocket-Protocol': offer } })
    expect(client.upgradeHeaders.get('sec-websocket-protocol')).toBe('gatehouse.v1.json')
    expect(await client.json()).toMatchObject({ event: 'connected' })
  })

  it.each([
    ['gatehouse.v1.msgpack', 'gatehouse.v1.msgpack'],
    ['x, gatehouse.v1.msgpack, gatehouse.v1.json', 'gatehouse.v1.msgpack'],
    ['gatehouse.v1.json, gatehouse.v1.msgpack', 'gatehouse.v1.json'],
  ])('[O-3] selects the first of ours in %s, and speaks it', async (offer, selected) => {
    await start()
    const headers = { 'Sec-WebSocket-Protocol': `${offer}, bearer.${await token()}` }
    const client = await gateway.open({ headers })
    expect(client.upgradeHeaders.get('sec-websocket-protocol')).toBe(selected)
    const { opcode, payload } = await client.frame()
    const isBinary = selected === 'gatehouse.v1.msgpack'
    expect(opcode).toBe(isBinary ? 2 : 1)
    expect(isBinary ? decode(payload) : JSON.parse(payload.toString())).toMatchObject({ event: 'connected' })
  })

  it('[O-2] [O-5] takes the token from the first frame, on the connection that the 101 named', async () => {
    await start()
    const client = await gateway.open()
    expect(client.upgradeHeaders.has('sec-websocket-protocol')).toBe(false)
    const reply = await gateway.authenticate(client)
    expect(reply).toMatchObject({ id: 1, ok: { connection: client.upgradeHeaders.get('gatehouse-connection') } })
  })

  it('[O-2] takes a query token only where it is configured', async () => {
    await start({ gateway: { queryToken: true } })
    const client = await gateway.open({ path: `/ws?token=${await token()}` })
    expect(await client.json()).toMatchObject({ event: 'connected' })
    await gateway.stop()
    await start()
    const other = await gateway.open({ path: `/ws?token=${await token()}` })
    expect(gateway.hub.connections.get(String(other.upgradeHeaders.get('gatehouse-connection')))?.state).toBe(
      'authenticating',
    )
  })

  it('[O-2] refuses an opening without a token where none may come in the first frame, and takes one with a token', async () => {
    await start({ admission: { firstFrameAuth: false } })
    const client = await gateway.connect()
    client.requestUpgrade()
    expect(JSON.parse((await client.response()).body)).toMatchObject({ status: 401, code: 'no_token' })
    const other = await gateway.open({ headers: { Authorization: `Bearer ${await token()}` } })
    expect(await other.json()).toMatchObject({ event: 'connected' })
  })

  it.each(['graphql-ws', 'gatehouse.v2.json, x', 'bearer'])('[O-3] refuses the offer of %s alone', async (offer) => {
    await start()
    const client = await gateway.connect()
    const offered = offer === 'bearer' ? `bearer.${await token()}` : offer
    client.requestUpgrade({ headers: { 'Sec-WebSocket-Protocol': offered } })
    const { status, body } = await client.response()
    expect([status, JSON.parse(body)]).toMatchObject([400, { code: 'unsupported_subprotocol' }])
  })

  it('serves frames that arrive together with the upgrade request', async () => {
    await start()
    const client = await gateway.connect()
    const hello = { id: 1, event: 'connect', data: { token: await token() } }
    client.requestUpgrade()
    client.sendText(hello)
    expect((await client.response()).status).toBe(101)
    expect(await client.json()).toMatchObject({ id: 1, ok: {} })
  })

  it('writes the 101 and the push behind it in one system call', async () => {
    await start()
    const upgrade = gateway.opening.upgrade.bind(gateway.opening)
    let writes: readonly string[] = []
    gateway.opening.upgrade = (request, stream, head) => {
      writes = recordWrites(stream)
      upgrade(request, stream, head)
    }
    const client = await gateway.open({ headers: { Authorization: `Bearer ${await token()}` } })
    await client.json()
    expect(writes).toEqual(['writev'])
  })

  it('keeps neither the request nor its headers', async () => {
    await start()
    const upgrade = gateway.opening.upgrade.bind(gateway.opening)
    const requests: WeakRef<object>[] = []
    gateway.opening.upgrade = (request, stream, head) => {
      requests.push(new WeakRef(request))
      upgrade(request, stream, head)
    }
    await gateway.open({ headers: { Authorization: `Bearer ${await token()}` } })
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await gateway.until(() => {
      collect()
      return requests[0]?.deref() === undefined
    }, 'the end of the request')
    expect(gateway.hub.connections.size).toBe(1)
  })

  it('prefers the token in the header to the one in the subprotocol', async () => {
    await start()
    const headers = {
      Authorization: `Bearer ${await token('bob')}`,
      'Sec-WebSocket-Protocol': `gatehouse.v1.json, bearer.${await token()}`,
    }
    await gateway.open({ headers })
    expect([...gateway.hub.connections.values()][0]?.user).toBe('bob')
  })
})

describe('A refused opening', () => {
  interface Case {
    readonly name: string
    readonly status: number
    readonly code: string
    readonly options?: TestGatewayOptions
    readonly headers?: () => Promise<Record<string, string>>
    readonly method?: string
    readonly path?: string
    readonly arrange?: () => void
    readonly retries?: boolean
    readonly answers?: Record<string, string>
  }
  const bearer = async (jwt: Promise<string>) => ({ Authorization: `Bearer ${await jwt}` })
  const ban = { id: 'b1', expiresAt: null, message: null }
  const proxied = { trustProxy: [['127.0.0.0', 8]] as const }
  const from = (address: string) => async () => ({ 'X-Forwarded-For': address })

  const cases: Case[] = [
    { name: 'another path', status: 404, code: 'path_not_found', path: '/socket' },
    { name: 'an absolute target', status: 404, code: 'path_not_found', path: 'http://127.0.0.1/ws' },
    { name: 'another method', status: 405, code: 'bad_upgrade', method: 'POST', answers: { allow: 'GET' } },
    {
      name: 'an old version',
      status: 426,
      code: 'bad_upgrade',
      headers: async () => ({ 'Sec-WebSocket-Version': '8' }),
      answers: { 'sec-websocket-version': '13' },
    },
    { name: 'a bad key', status: 400, code: 'bad_upgrade', headers: async () => ({ 'Sec-WebSocket-Key': 'x' }) },
    {
      name: 'a strange subprotocol',
      status: 400,
      code: 'unsupported_subprotocol',
      headers: async () => ({ 'Sec-WebSocket-Protocol': 'graphql-ws' }),
    },
    {
      name: 'a bearer offered alone',
      status: 400,
      code: 'unsupported_subprotocol',
      headers: async () => ({ 'Sec-WebSocket-Protocol': `bearer.${await token()}` }),
    },
    {
      name: 'a foreign origin',
      status: 403,
      code: 'origin_denied',
      headers: async () => ({ Origin: 'https://evil.example' }),
    },
    { name: 'the null origin', status: 403, code: 'origin_denied', headers: async () => ({ Origin: 'null' }) },
    {
      name: 'a token of another key',
      status: 401,
      code: 'bad_token',
      headers: async () => ({ Authorization: 'Bearer a.b.c' }),
      answers: { 'www-authenticate': 'Bearer' },
    },
    {
      name: 'an expired token',
      status: 401,
      code: 'token_expired',
      headers: () => bearer(token('alice', {}, 1000, Date.now() - 60_000)),
    },
    {
      name: 'no token where one is due',
      status: 401,
      code: 'no_token',
      options: { admission: { firstFrameAuth: false } },
    },
    {
      name: 'a banned user',
      status: 403,
      code: 'banned',
      headers: () => bearer(token('mallory')),
      arrange: () => void gateway.ports.bans.hits.set('mallory', { ...ban, kind: 'user' }),
    },
    {
      name: 'a banned address',
      status: 403,
      code: 'banned',
      arrange: () => void gateway.ports.bans.hits.set('127.0.0.1', { ...ban, kind: 'address' }),
    },
    {
      name: 'a draining node',
      status: 503,
      code: 'draining',
      retries: true,
      arrange: () => void (gateway.admission.draining = { retryAfterMs: 3_000 }),
    },
    {
      name: 'an overloaded node',
      status: 503,
      code: 'overload',
      retries: true,
      options: { admission: { loopDelayMs: () => 500 } },
    },
    {
      name: 'old knowledge of the bans',
      status: 503,
      code: 'policy_unavailable',
      retries: true,
      arrange: () => void (gateway.ports.bans.age = 1_000_000),
    },
    {
      name: 'an address over its rate',
      status: 429,
      code: 'ip_rate_limit',
      retries: true,
      headers: from('198.51.100.7'),
      options: { gateway: proxied, admission: { connectRatePerAddress: 200 } },
      arrange: () => void gateway.ports.limits.exhausted.set('connect:198.51.100.7', 900),
    },
    {
      name: 'keys that cannot be read',
      status: 503,
      code: 'auth_backend_error',
      retries: true,
      headers: () => bearer(token()),
      options: { tokens: { verify: () => Promise.reject(new Error('canary')) } },
    },
  ]

  it.each(cases)('[O-6] of $name gets $status $code with its id in header, body and record', async (given) => {
    await start(given.options)
    given.arrange?.()
    const client = await gateway.connect()
    client.requestUpgrade({
      headers: (await given.headers?.()) ?? {},
      ...(given.method === undefined ? {} : { method: given.method }),
      ...(given.path === undefined ? {} : { path: given.path }),
    })
    const response = await client.response()
    const problem = JSON.parse(response.body) as Record<string, unknown>
    const id = response.headers.get('gatehouse-refusal')
    expect(response.status).toBe(given.status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('connection')).toBe('close')
    for (const [name, value] of Object.entries(given.answers ?? {})) expect(response.headers.get(name)).toBe(value)
    expect(problem).toMatchObject({ status: given.status, code: given.code, requestId: id, refusal: id })
    expect(problem['detail']).toEqual(expect.stringMatching(/\S/))
    expect(response.headers.has('retry-after')).toBe(given.retries === true)
    expect('retryAfterMs' in problem).toBe(given.retries === true)
    await client.ended()
    expect(gateway.ports.records.refusals).toMatchObject([{ id, reason: given.code, status: given.status }])
    expect(gateway.hub.books.snapshot()).toMatchObject({ attempts: 1, opened: 0, refused: 1 })
    expect(JSON.stringify([gateway.log.failures, response.body])).not.toContain('canary')
  })

  it.each<[string, readonly string[]]>([
    ['2001 headers', Array.from({ length: 2_001 }, () => 'a:b')],
    ['two Origins', ['Origin: http://127.0.0.1', 'Origin: https://evil.example']],
    ['a long run of blanks among its subprotocols', [`Sec-WebSocket-Protocol: a${' '.repeat(12_000)}b`]],
  ])('[U-1] with %s is answered like any other', async (_name, lines) => {
    await start()
    const client = await gateway.connect()
    client.requestUpgrade({ lines })
    const response = await client.response()
    expect(response.status).toBe(400)
    expect(JSON.parse(response.body)).toMatchObject({ code: 'bad_upgrade' })
    expect(gateway.hub.books.snapshot()).toMatchObject({ attempts: 1, refused: 1, badRequests: 0 })
  })

  it('is not caused by headers named after object members', async () => {
    await start()
    const client = await gateway.open({ lines: ['__proto__: x', 'constructor: y', 'hasOwnProperty: z'] })
    expect(await gateway.authenticate(client)).toMatchObject({ ok: {} })
  })

  it('[U-1] of a client that goes away while its token is checked is counted as aborted', async () => {
    const verdict = Promise.withResolvers<never>()
    await start({ tokens: { verify: () => verdict.promise } })
    const client = await gateway.connect()
    client.requestUpgrade({ headers: { Authorization: 'Bearer a.b.c' } })
    await gateway.until(() => gateway.admission.pendingHandshakes === 1)
    client.reset()
    await client.ended()
    // The server sees the reset on its own socket, some turns later.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    verdict.reject(new Error('too late'))
    await gateway.until(() => gateway.ports.records.refusals.length === 1)
    expect(gateway.ports.records.refusals).toMatchObject([{ reason: 'aborted', status: null }])
    expect(gateway.admission.pendingHandshakes).toBe(0)
    expect(gateway.hub.books.snapshot()).toMatchObject({ attempts: 1, opened: 0, refused: 1 })
  })

  it('[U-1] keeps attempts equal to connections and refusals over a mixture of both', async () => {
    await start()
    await gateway.open()
    for (const path of ['/x', '/ws', '/ws']) {
      const client = await RawClient.connect(gateway.port)
      client.requestUpgrade({ path, headers: path === '/ws' ? {} : { 'Sec-WebSocket-Key': 'bad' } })
      await client.response()
      client.reset()
    }
    const books = gateway.hub.books.snapshot()
    expect(books).toMatchObject({ attempts: 4, opened: 3, refused: 1 })
  })
})

describe('The check without Upgrade', () => {
  const ask = async (headers: Record<string, string> = {}, method = 'GET', path = '/ws') => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { method, headers })
    const text = await response.text()
    return { response, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
  }

  it('[O-7] says that a request would be let in, and counts nothing', async () => {
    await start()
    const { response, body } = await ask({ Authorization: `Bearer ${await token()}` })
    expect(response.status).toBe(200)
    expect(body).toMatchObject({ code: 'admitted', status: 200 })
    expect(body).not.toHaveProperty('refusal')
    expect(gateway.hub.books.snapshot()).toMatchObject({ attempts: 0, opened: 0, refused: 0 })
    expect(gateway.ports.records.refusals).toEqual([])
  })

  it('[O-7] says why a request would be refused, readable for pages of allowed origins only', async () => {
    await start({ admission: { allowedOrigins: ['https://app.example'] } })
    gateway.admission.draining = { retryAfterMs: 2_000 }
    const allowed = await ask({ Origin: 'https://app.example' })
    expect(allowed.response.status).toBe(503)
    expect(allowed.response.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(allowed.response.headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect(allowed.response.headers.get('vary')).toBe('Origin')
    expect(allowed.body).toMatchObject({ code: 'draining' })
    expect(Number(allowed.body['retryAfterMs'])).toBeGreaterThanOrEqual(2_000)
    const foreign = await ask({ Origin: 'https://evil.example' })
    expect(foreign.response.status).toBe(403)
    expect(foreign.response.headers.has('access-control-allow-origin')).toBe(false)
    expect(gateway.hub.books.snapshot()).toMatchObject({ attempts: 0, refused: 0 })
  })

  it('[O-7] judges a token and answers the preflight that sending one needs', async () => {
    await start()
    expect((await ask({ Authorization: 'Bearer a.b.c' })).body).toMatchObject({ code: 'bad_token', status: 401 })
    const preflight = await ask({ Origin: 'http://localhost:5173', 'Access-Control-Request-Method': 'GET' }, 'OPTIONS')
    expect(preflight.response.status).toBe(204)
    expect(preflight.response.headers.get('access-control-allow-headers')).toBe('Authorization')
    expect(preflight.response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
  })

  it('checks no token of a request it refuses anyway, and charges the others once', async () => {
    const verify = vi.fn(() => Promise.resolve({ ok: false, reason: 'bad_token', rule: 'signature' } as const))
    await start({
      tokens: { verify },
      gateway: { trustProxy: [['127.0.0.0', 8]] },
      admission: { connectRatePerAddress: 200 },
    })
    const headers = { 'X-Forwarded-For': '198.51.100.7', Authorization: 'Bearer a.b.c' }
    const take = vi.spyOn(gateway.ports.limits, 'take')
    expect((await ask(headers)).body).toMatchObject({ code: 'bad_token' })
    expect(take).toHaveBeenCalledTimes(1)
    gateway.ports.limits.exhausted.set('connect:198.51.100.7', 900)
    expect((await ask(headers)).body).toMatchObject({ code: 'ip_rate_limit' })
    expect(verify).toHaveBeenCalledTimes(1)
  })

  it('[O-7] is rate limited by address', async () => {
    await start({ gateway: { trustProxy: [['127.0.0.0', 8]] }, admission: { connectRatePerAddress: 200 } })
    gateway.ports.limits.exhausted.set('connect:198.51.100.7', 900)
    const { response } = await ask({ 'X-Forwarded-For': '198.51.100.7' })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toMatch(/^[12]$/)
  })
})
