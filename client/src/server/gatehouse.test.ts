import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { gatehouse, type GatehouseOptions } from './gatehouse.js'
import { RestError } from './rest-error.js'

interface Asked {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly authorization: string | undefined
  readonly body: unknown
}

/** A node that answers everything alike and keeps what it was asked. */
class ScriptedNode {
  readonly asked: Asked[] = []
  readonly #server: Server
  answer: { status: number; body: string; headers?: Record<string, string> } = { status: 200, body: '{}' }

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method, url: path, headers } = request
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
        this.asked.push({ method, path, authorization: headers.authorization, body })
        response.writeHead(this.answer.status, this.answer.headers).end(this.answer.body)
      })
    })
  }

  async start(options: Partial<GatehouseOptions> = {}) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.listen(0, '127.0.0.1', resolve)
    await promise
    const { port } = this.#server.address() as AddressInfo
    return gatehouse({ url: `http://127.0.0.1:${port}/`, apiKey: 'gk_secret', ...options })
  }

  say(status: number, body: object | string, headers: Record<string, string> = {}): void {
    this.answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body), headers }
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

describe('a service that asks a node', () => {
  let node: ScriptedNode
  const start = (options?: Partial<GatehouseOptions>) => (node = new ScriptedNode()).start(options)
  afterEach(() => node.stop())

  it('publishes to a room with its key', async () => {
    const service = await start()
    node.say(200, { room: 'a:b', epoch: 'e1', offset: 4, members: 2, duplicate: false })
    await expect(service.publish('a:b', { n: 1 }, { key: 'k' })).resolves.toMatchObject({ offset: 4, duplicate: false })
    expect(node.asked).toEqual([
      {
        method: 'POST',
        path: '/v1/rooms/a%3Ab/publish',
        authorization: 'Bearer gk_secret',
        body: { data: { n: 1 }, key: 'k' },
      },
    ])
  })

  it('publishes to many targets, each with a result of its own', async () => {
    const service = await start()
    const to = [{ room: 'news' }, { user: 'ann' }, { connection: 'cn_1' }]
    const results = [
      { to: to[0], ok: { offset: 1 } },
      { to: to[1], error: { code: 'forbidden' } },
    ]
    node.say(200, { results })
    await expect(service.publish(to, 'hello')).resolves.toEqual(results)
    expect(node.asked[0]).toMatchObject({ path: '/v1/publish', body: { to, data: 'hello' } })
  })

  it('disconnects a connection and makes a token', async () => {
    const service = await start()
    await service.disconnect('cn_1', { reason: 'kicked', message: 'be kind' })
    await service.mintToken({ sub: 'ann', rooms: { 'chat:*': ['join'] }, ttlSeconds: 60 })
    expect(node.asked.map(({ path, body }) => [path, body])).toEqual([
      ['/v1/connections/cn_1/disconnect', { reason: 'kicked', message: 'be kind' }],
      ['/v1/tokens', { sub: 'ann', rooms: { 'chat:*': ['join'] }, ttlSeconds: 60 }],
    ])
  })

  it('rejects with what the problem says', async () => {
    const service = await start()
    const errors = [{ path: 'key', message: 'too long' }]
    node.say(429, { code: 'rate_limited', detail: 'Too many.', retryAfterMs: 700, errors })
    const error = await service.publish('news', 1).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RestError)
    expect(error).toMatchObject({
      status: 429,
      code: 'rate_limited',
      detail: 'Too many.',
      retryAfterMs: 700,
      errors,
      isRetryable: true,
    })
  })

  it.each([
    ['<html>bad gateway</html>', { code: 'unreadable', detail: 'The server answered 502.', retryAfterMs: 3000 }],
    ['null', { code: 'unreadable', retryAfterMs: 3000 }],
    ['{"code":7,"errors":[null,{"path":1}]}', { code: 'unreadable', errors: [] }],
  ])('rejects with the code unreadable if the answer is not a problem document: %s', async (body, error) => {
    const service = await start()
    node.say(502, body, { 'retry-after': '3' })
    await expect(service.publish('news', 1)).rejects.toMatchObject({ status: 502, ...error })
  })

  it('rejects if there is no answer, and never shows its key', async () => {
    const service = await start({ fetch: async () => Promise.reject(new TypeError('fetch failed')) })
    const error = await service.mintToken({ sub: 'ann', rooms: {} }).catch((error: unknown) => error)
    expect(error).toMatchObject({ status: 0, code: 'unreachable', isRetryable: true })
    expect(String(error) + JSON.stringify(error)).not.toContain('gk_secret')
  })

  it('does not wait forever', async () => {
    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
    const service = await start({ fetch: silent, timeoutMs: 1 })
    await expect(service.publish('news', 1)).rejects.toMatchObject({ code: 'unreachable' })
  })
})
