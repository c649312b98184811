import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { gatewayDefaults } from './gateway-settings.js'
import { OpeningReader } from './opening-reader.js'
import type { GatewaySettings } from './gateway-settings.js'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const standard = [
  'Host',
  'gw.example:8080',
  'Upgrade',
  'websocket',
  'Sec-WebSocket-Version',
  '13',
  'Sec-WebSocket-Key',
  KEY,
]

interface RequestFacts {
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly string[]
  readonly raw?: readonly string[]
  readonly caller?: string
  readonly version?: readonly [number, number]
}

function request(facts: RequestFacts): IncomingMessage {
  const [httpVersionMajor, httpVersionMinor] = facts.version ?? [1, 1]
  return {
    method: facts.method ?? 'GET',
    url: facts.url ?? '/ws',
    rawHeaders: facts.raw ?? [...standard, ...(facts.headers ?? [])],
    socket: { remoteAddress: facts.caller ?? '192.0.2.7' },
    httpVersionMajor,
    httpVersionMinor,
  } as unknown as IncomingMessage
}

const read = (facts: RequestFacts, settings: Partial<GatewaySettings> = {}, isUpgrade = true) =>
  new OpeningReader({ ...gatewayDefaults, ...settings }).read(request(facts), isUpgrade)

const without = (name: string) => standard.filter((_text, at) => standard[at - (at % 2)] !== name)

describe('OpeningReader', () => {
  it('[O-1] finds nothing wrong with a plain opening', () => {
    expect(read({ headers: ['User-Agent', 'probe\u0000\u00e9', 'Origin', 'http://gw.example'] })).toEqual({
      path: '/ws',
      address: '192.0.2.7',
      fault: null,
      origin: 'http://gw.example',
      host: 'gw.example:8080',
      userAgent: 'probe??',
      isTls: false,
      isSubprotocolUnsupported: false,
      token: null,
    })
  })

  it.each<[string, RequestFacts, number, string]>([
    ['another method', { method: 'POST' }, 405, 'the method is not GET'],
    ['another upgrade', { raw: [...without('Upgrade'), 'Upgrade', 'h2c'] }, 426, 'Upgrade is not websocket'],
    [
      'version 8',
      { raw: [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version', '8'] },
      426,
      'Sec-WebSocket-Version is not 13',
    ],
    ['no version', { raw: without('Sec-WebSocket-Version') }, 426, 'Sec-WebSocket-Version is not 13'],
    [
      'version 013',
      { raw: [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version', '013'] },
      426,
      'Sec-WebSocket-Version is not 13',
    ],
    ['no key', { raw: without('Sec-WebSocket-Key') }, 400, 'Sec-WebSocket-Key is missing or malformed'],
    [
      'a short key',
      { raw: [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key', 'AAAA'] },
      400,
      'Sec-WebSocket-Key is missing or malformed',
    ],
    ['two keys', { headers: ['Sec-WebSocket-Key', KEY] }, 400, 'a repeated sec-websocket-key header'],
    ['two Origins', { headers: ['Origin', 'http://a', 'Origin', 'http://b'] }, 400, 'a repeated origin header'],
    [
      'two Authorizations',
      { headers: ['Authorization', 'Bearer a', 'authorization', 'Bearer b'] },
      400,
      'a repeated authorization header',
    ],
    ['101 headers', { headers: Array.from({ length: 97 }, () => ['x', '1']).flat() }, 400, 'more than 100 headers'],
    ['a body', { headers: ['Content-Length', '5'] }, 400, 'the request has a body'],
    ['a chunked body', { headers: ['Transfer-Encoding', 'chunked'] }, 400, 'the request has a body'],
    ['HTTP/1.0', { version: [1, 0] }, 400, 'the request is not HTTP/1.1'],
    [
      '17 subprotocols',
      { headers: ['Sec-WebSocket-Protocol', Array.from({ length: 17 }, (_, at) => `p${at}`).join()] },
      400,
      'more than 16 subprotocols',
    ],
    [
      'ten thousand subprotocols',
      { headers: ['Sec-WebSocket-Protocol', ','.repeat(9_999)] },
      400,
      'more than 16 subprotocols',
    ],
    [
      'a long subprotocol',
      { headers: ['Sec-WebSocket-Protocol', 'p'.repeat(65)] },
      400,
      'a subprotocol longer than 64 characters',
    ],
    ['an empty subprotocol', { headers: ['Sec-WebSocket-Protocol', ''] }, 400, 'malformed subprotocols'],
    ['a subprotocol with a blank', { headers: ['Sec-WebSocket-Protocol', 'a b'] }, 400, 'malformed subprotocols'],
    ['one subprotocol twice', { headers: ['Sec-WebSocket-Protocol', 'a, a'] }, 400, 'a repeated subprotocol'],
    [
      'two bearers',
      { headers: ['Sec-WebSocket-Protocol', 'bearer.a, bearer.b'] },
      400,
      'more than one bearer subprotocol',
    ],
  ])('[O-1] says what is wrong with %s', (_name, facts, status, rule) => {
    expect(read(facts).fault).toEqual({ status, rule })
  })

  it.each<[string, string | null, boolean, string | null]>([
    ['nothing', null, false, null],
    ['ours', 'gatehouse.v1.json', false, null],
    ['ours in MessagePack', 'gatehouse.v1.msgpack', false, null],
    ['both of ours and a bearer', 'gatehouse.v1.msgpack, gatehouse.v1.json, bearer.a.b.c', false, 'a.b.c'],
    ['ours and a bearer', 'gatehouse.v1.json, bearer.a.b.c', false, 'a.b.c'],
    ['ours among unknown ones', 'x, gatehouse.v1.json , __proto__', false, null],
    ['only unknown ones', '__proto__, constructor', true, null],
    ['a bearer alone', 'bearer.a.b.c', true, 'a.b.c'],
  ])('[O-3] reads the subprotocol offer of %s', (_name, header, isSubprotocolUnsupported, token) => {
    const headers = header === null ? [] : ['Sec-WebSocket-Protocol', header]
    expect(read({ headers })).toMatchObject({ fault: null, isSubprotocolUnsupported, token })
  })

  it('takes long runs of blanks in linear time', () => {
    const started = performance.now()
    for (let at = 0; at < 50; at += 1) {
      read({ headers: ['Sec-WebSocket-Protocol', `a${' '.repeat(16_000)}b`] })
      read({ headers: ['Authorization', `Bearer${' '.repeat(16_000)}\t`] })
      read({ headers: ['X-Forwarded-For', ' '.repeat(16_000)] }, { trustProxy: [['192.0.2.0', 24]] })
    }
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('[O-2] takes the token from the header first, and from the query only when configured', () => {
    const headers = ['Authorization', 'bearer h.h.h', 'Sec-WebSocket-Protocol', 'gatehouse.v1.json, bearer.s.s.s']
    expect(read({ headers, url: '/ws?token=q.q.q' }, { queryToken: true }).token).toBe('h.h.h')
    expect(read({ url: '/ws?token=q.q.q' }).token).toBeNull()
    expect(read({ url: '/ws?token=q.q.q' }, { queryToken: true })).toMatchObject({ token: 'q.q.q', path: '/ws' })
    expect(read({ headers: ['Authorization', 'Basic abc'] }).token).toBeNull()
    expect(read({ headers: ['Authorization', 'Bearer a b'] }).token).toBeNull()
  })

  describe('with a token cookie', () => {
    const page = 'https://app.example'
    const tokenCookie = { name: 'session', origins: [page] }
    const from = (origin: string | null, ...cookies: readonly string[]) => [
      ...(origin === null ? [] : ['Origin', origin]),
      ...cookies.flatMap((cookie) => ['Cookie', cookie]),
    ]

    it.each<[string, readonly string[], string | null]>([
      ['a page of the list', from(page, 'a=1; session=c.c.c; b=2'), 'c.c.c'],
      ['such a page, in quotes', from(page, 'session="c.c.c"'), 'c.c.c'],
      ['such a page, over two headers', from(page, 'a=1', 'session=c.c.c'), 'c.c.c'],
      ['another page', from('https://evil.example', 'session=c.c.c'), null],
      ['a page whose origin only begins the same', from(`${page}.evil.example`, 'session=c.c.c'), null],
      ['a page whose origin is in upper case', from('https://APP.example', 'session=c.c.c'), null],
      ['a page of our own host', from('https://gw.example:8080', 'session=c.c.c'), null],
      ['the null origin', from('null', 'session=c.c.c'), null],
      ['a request without an Origin', from(null, 'session=c.c.c'), null],
      ['a page whose neighbour set another', from(page, 'session=evil; session=c.c.c'), null],
      ['a page, under another name', from(page, 'xsession=c.c.c; SESSION=c.c.c; session'), null],
      ['a page, with nothing in it', from(page, 'session='), null],
      ['a page, malformed', from(page, '\u0000;=;;"; session; =session=c.c.c; session"=x;,'), null],
      ['a page, with ten thousand empty ones', from(page, ';'.repeat(10_000)), null],
    ])('[O-9] takes the cookie of %s by the rule', (_name, headers, token) => {
      expect(read({ headers }, { tokenCookie })).toMatchObject({ token, fault: null })
    })

    it('[O-9] takes it after all other places, and never where it is not configured', () => {
      const cookie = from(page, 'session=c.c.c')
      const offer = ['Sec-WebSocket-Protocol', 'gatehouse.v1.json, bearer.s.s.s']
      const settings = { tokenCookie, queryToken: true }
      expect(read({ headers: [...cookie, ...offer] }, settings).token).toBe('s.s.s')
      expect(read({ headers: [...cookie, 'Authorization', 'Bearer h.h.h'] }, settings).token).toBe('h.h.h')
      expect(read({ headers: cookie, url: '/ws?token=q.q.q' }, settings).token).toBe('q.q.q')
      expect(read({ headers: cookie }).token).toBeNull()
    })
  })

  it('is not confused by headers named after object members', () => {
    const headers = ['__proto__', 'x', 'constructor', 'y', 'hasOwnProperty', 'z', 'toString', 'w']
    expect(read({ headers }).fault).toBeNull()
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('trusts a proxy for address and encryption only when it is declared', () => {
    const headers = ['X-Forwarded-For', '198.51.100.9', 'X-Forwarded-Proto', 'https']
    expect(read({ headers })).toMatchObject({ address: '192.0.2.7', isTls: false })
    const trusting = { trustProxy: [['192.0.2.0', 24]] as const }
    expect(read({ headers }, trusting)).toMatchObject({ address: '198.51.100.9', isTls: true })
  })

  it('ignores upgrade headers when only the decision is asked for', () => {
    expect(read({ raw: ['Host', 'gw.example', 'Authorization', 'Bearer a.b.c'] }, {}, false)).toMatchObject({
      fault: null,
      token: 'a.b.c',
    })
  })

  it('cuts long paths and keeps absolute targets as they are', () => {
    expect(read({ url: `/${'a'.repeat(500)}` }).path).toHaveLength(200)
    expect(read({ url: 'http://127.0.0.1/ws' }).path).toBe('http://127.0.0.1/ws')
  })
})
