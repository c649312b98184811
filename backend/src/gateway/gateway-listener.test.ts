import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { GatewayListener } from './gateway-listener.js'
import { answerRaw, problemAnswer } from './problem-answer.js'
import { RawClient } from './testing/raw-client.js'
import { testTls } from './testing/tls.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function listen(port = 0, tls: typeof testTls | null = null) {
  const seen = { bad: 0, upgrades: [] as string[], isReady: true }
  const listener = new GatewayListener(
    { host: '127.0.0.1', port, tls },
    {
      upgrade: (request, stream) => {
        seen.upgrades.push(request.url ?? '')
        const facts = { status: 503, code: 'draining', detail: 'x\r\nSet-Cookie: a', id: 'r1', retryAfterMs: 1_200 }
        const answer = problemAnswer(facts)
        answerRaw(stream, { ...answer, headers: { ...answer.headers, 'Gatehouse-Refusal': 'r1\r\nX-Evil: 1' } })
      },
      check: (_request, response) => response.end('checked'),
      close: () => undefined,
    },
    { isReady: () => seen.isReady, countBadRequest: () => (seen.bad += 1), requestId: () => 'q1' },
  )
  const bound = await listener.listen()
  cleanups.push(() => listener.close())
  const client = async () => {
    const raw = await RawClient.connect(bound)
    cleanups.push(() => raw.destroy())
    return raw
  }
  const ask = async (text: string) => {
    const raw = await client()
    raw.send(Buffer.from(text))
    return raw.response()
  }
  return { listener, bound, seen, client, ask }
}

const get = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

describe('GatewayListener', () => {
  it('[O-1] serves two probes that tell only the state', async () => {
    const { ask, seen } = await listen()
    expect(await ask(get('/livez'))).toMatchObject({ status: 200, body: '{"state":"live"}' })
    expect(await ask(get('/readyz'))).toMatchObject({ status: 200, body: '{"state":"ready"}' })
    seen.isReady = false
    expect(await ask(get('/readyz'))).toMatchObject({ status: 503, body: '{"state":"not_ready"}' })
  })

  it.each(['/', '/v1/connections', '/metrics', '/ws/', '/livez/x', '//ws', '/%77s', 'http://other/ws'])(
    '[O-1] answers %s with a problem of status 404',
    async (path) => {
      const { ask } = await listen()
      const response = await ask(get(path))
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(JSON.parse(response.body)).toMatchObject({ code: 'path_not_found', requestId: 'q1' })
    },
  )

  it('[O-7] hands /ws without Upgrade to the check, and answers 404 to other methods', async () => {
    const { ask } = await listen()
    expect(await ask(get('/ws?token=x'))).toMatchObject({ status: 200 })
    expect(await ask(get('/ws', 'DELETE'))).toMatchObject({ status: 404 })
  })

  it('hands over every upgrade on any path, and lets nothing received break out of a header', async () => {
    const { client, seen } = await listen()
    const raw = await client()
    raw.requestUpgrade({ path: '/elsewhere' })
    const response = await raw.response()
    expect(seen.upgrades).toEqual(['/elsewhere'])
    expect(response.status).toBe(503)
    expect(response.headers.get('gatehouse-refusal')).toBe('r1??X-Evil: 1')
    expect(response.headers.has('x-evil')).toBe(false)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(response.headers.get('connection')).toBe('close')
    expect(JSON.parse(response.body)).toMatchObject({ retryAfterMs: 1_200, detail: 'x\r\nSet-Cookie: a' })
    await raw.ended()
  })

  it.each<[string, string, number]>([
    ['no HTTP at all', '\u0016\u0003\u0001\u0000', 400],
    ['a header without a colon', 'GET /ws HTTP/1.1\r\nHost a\r\n\r\n', 400],
    ['smuggled lengths', 'GET /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['headers over 16 KiB', `GET /ws HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  ])('[U-1] counts %s as a bad request and answers it', async (_name, text, status) => {
    const { ask, seen } = await listen()
    const response = await ask(text)
    expect(response.status).toBe(status)
    expect(JSON.parse(response.body)).toMatchObject({ code: 'bad_request' })
    expect(seen).toMatchObject({ bad: 1, upgrades: [] })
  })

  it('[O-4] takes headers of up to 16 KiB', async () => {
    const { ask, seen } = await listen()
    const withHeaders = (bytes: number): string => {
      const head = 'GET /livez HTTP/1.1\r\nHost: a\r\nX: '
      return `${head}${'x'.repeat(bytes - head.length - 4)}\r\n\r\n`
    }
    expect((await ask(withHeaders(16_300))).status).toBe(200)
    expect((await ask(withHeaders(16_500))).status).toBe(431)
    expect(seen.bad).toBe(1)
  })

  it(
    '[O-4] ends a request whose headers never finish within seven seconds, while others are served',
    { timeout: 15_000 },
    async () => {
      const { client, ask, seen } = await listen()
      const started = performance.now()
      const slow = await client()
      const silent = await client()
      slow.send(Buffer.from('GET /ws HTTP/1.1\r\nHost: a\r\n'))
      const drip = setInterval(() => slow.send(Buffer.from('X: 1\r\n')), 400)
      cleanups.push(() => clearInterval(drip))
      expect((await ask(get('/livez'))).status).toBe(200)
      expect((await slow.response()).status).toBe(408)
      clearInterval(drip)
      expect((await silent.response()).status).toBe(408)
      expect(performance.now() - started).toBeLessThan(7_000)
      expect(seen.bad).toBe(2)
    },
  )

  it('cuts a socket that never finishes its TLS handshake within seven seconds', { timeout: 15_000 }, async () => {
    const { client, seen } = await listen(0, testTls)
    const started = performance.now()
    const [silent, slow] = [await client(), await client()]
    slow.send(Buffer.from('16030100ff', 'hex'))
    await Promise.all([silent.ended(), slow.ended()])
    expect(performance.now() - started).toBeLessThan(7_000)
    expect(seen).toMatchObject({ bad: 2, upgrades: [] })
  })

  it('survives a client that resets in the middle of its request', async () => {
    const { client, ask } = await listen()
    for (const text of ['', 'GET /ws', 'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n']) {
      const raw = await client()
      raw.send(Buffer.from(text))
      raw.reset()
    }
    expect((await ask(get('/livez'))).status).toBe(200)
  })

  it('names GATEWAY_PORT when the port is in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => other.close())
    const { port } = other.address() as AddressInfo
    await expect(listen(port)).rejects.toThrow(`GATEWAY_PORT ${port} is in use on 127.0.0.1`)
  })

  it('frees its port once it stops accepting', async () => {
    const { listener, bound } = await listen()
    listener.stopAccepting()
    await expect(RawClient.connect(bound)).rejects.toThrow(/ECONNREFUSED/)
    await listener.close()
  })
})
