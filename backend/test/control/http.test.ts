import { closeReasonNames, refusalReasonNames } from '@gatehouse/protocol'
import { request as rawRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, type ControlNode, startControlNode } from './support/control-node.js'

interface OpenApi {
  readonly openapi: string
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            responses: Record<string, { content?: object }>
            requestBody?: { content: Record<string, { schema: object }> }
          }
        >
      >
    >
  >
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

describe('the control port', () => {
  let node: ControlNode
  beforeAll(async () => {
    node = await startControlNode()
  })
  afterAll(() => node.close())

  describe('protects its answers', () => {
    it.each(['/', '/v1/me', '/docs', '/nowhere', '/assets/app-abc123.js', '/livez'])(
      'with the same headers at %s',
      async (path) => {
        const { headers } = await node.stranger().get(path)
        const policy = headers['content-security-policy']
        for (const rule of [
          "default-src 'none'",
          "script-src 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
          "require-trusted-types-for 'script'",
          'trusted-types svelte-trusted-html',
          'ws://localhost:',
        ]) {
          expect(policy).toContain(rule)
        }
        expect(policy).not.toContain('unsafe')
        expect(headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
        })
        expect(headers['x-powered-by']).toBeUndefined()
        expect(headers['strict-transport-security']).toBeUndefined()
      },
    )

    it('and requires https from then on if the request came over https', async () => {
      const { headers } = await node.stranger().get('/livez').set('X-Forwarded-Proto', 'https')
      expect(headers['strict-transport-security']).toContain('max-age=31536000')
      expect(headers['content-security-policy']).toContain('wss://')
    })

    it('and never puts an invalid Host into them', async () => {
      const { headers } = await node.stranger().get('/livez').set('Host', "evil.example; script-src 'unsafe-inline'")
      expect(headers['content-security-policy']).not.toContain('evil')
    })
  })

  describe('accepts only bodies', () => {
    const post = () => node.admin('post', '/v1/rooms/big/publish')

    it('of at most 64 KiB', async () => {
      await post()
        .send({ data: 'x'.repeat(60_000) })
        .expect(200)
      const { body } = await post()
        .send({ data: 'x'.repeat(70_000) })
        .expect(413)
      expect(body).toMatchObject({ code: 'too_large' })
    })

    it('that are not compressed', async () => {
      const zipped = gzipSync('{"data":1}')
      const { body } = await post()
        .set('Content-Type', 'application/json')
        .set('Content-Encoding', 'gzip')
        .serialize((x) => x as unknown as string)
        .send(zipped as unknown as string)
        .expect(415)
      expect(body).toMatchObject({ code: 'unsupported_encoding' })
      await post().set('Content-Encoding', 'identity').send({ data: 1 }).expect(415)
    })

    it('that are JSON and say so', async () => {
      await post().set('Content-Type', 'text/plain').send('{"data":1}').expect(415)
      await post().set('Content-Type', 'application/x-www-form-urlencoded').send('data=1').expect(415)
      const { body } = await post().set('Content-Type', 'application/json').send('{"data":').expect(400)
      expect(body).toMatchObject({ status: 400, code: 'bad_request' })
      await post().send({}).expect(400)
    })

    it('and is not confused by a header or a query named __proto__', async () => {
      const status = await new Promise<number>((resolve, reject) => {
        const request = rawRequest(
          {
            host: '127.0.0.1',
            port: node.port,
            path: '/v1/connections?__proto__[x]=1&constructor=2',
            headers: { ['__proto__']: 'x', Authorization: `Bearer ${ADMIN_KEY}` },
          },
          (response) => resolve(response.resume().statusCode ?? 0),
        )
        request.on('error', reject).end()
      })
      expect(status).toBe(200)
    })
  })

  describe('answers errors', () => {
    it('as problem+json with an id that the audit and the log share', async () => {
      const { body, headers } = await node.admin('get', '/v1/closed/nothing').expect(404)
      expect(headers['content-type']).toContain('application/problem+json')
      expect(body).toMatchObject({ type: 'about:blank', title: 'Not Found', status: 404, code: 'not_found' })
      expect(body.requestId).toBe(headers['x-request-id'])
    })

    it('also for an unknown route and for an invalid path', async () => {
      expect((await node.admin('get', '/v1/nothing').expect(404)).body.code).toBe('not_found')
      expect((await node.admin('get', '/v1/rooms/%FF').expect(400)).body.code).toBe('bad_request')
    })

    it('without revealing internal errors', async () => {
      const { bans } = node.store
      const list = bans.list.bind(bans)
      bans.list = () => Promise.reject(new Error('canary: password=hunter2'))
      const { text } = await node.admin('get', '/v1/bans').expect(500)
      bans.list = list
      expect(text).not.toContain('canary')
      expect(node.failures.splice(0)).toMatchObject([{ message: 'canary: password=hunter2' }])
    })
  })

  describe('serves the dashboard', () => {
    it('at its root and at every page a link may lead to', async () => {
      for (const path of ['/', '/connections', '/c/abc', '/rooms/chat:lobby?tab=members']) {
        const { text, headers } = await node.stranger().get(path).set('Accept', 'text/html').expect(200)
        expect(text).toContain('<div id="app">')
        expect(headers['cache-control']).toBe('no-cache')
      }
    })

    it('with immutable files, compressed and revalidated by their ETag', async () => {
      const { headers, text } = await node
        .stranger()
        .get('/assets/app-abc123.js')
        .set('Accept-Encoding', 'gzip')
        .expect(200)
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-encoding': 'gzip',
        'content-type': 'text/javascript; charset=utf-8',
      })
      expect(text).toContain('console.log')
      await node
        .stranger()
        .get('/assets/app-abc123.js')
        .set('If-None-Match', headers['etag'] as string)
        .expect(304)
    })

    it('and no other files of the disk', async () => {
      for (const path of [
        '/../package.json',
        '/%2e%2e/audit.spool',
        '/assets/../../audit.spool',
        '/assets/missing.js',
        '/..%2faudit.spool',
      ]) {
        const { status } = await node.stranger().get(path).set('Accept', 'application/json')
        expect([400, 404], path).toContain(status)
      }
    })
  })

  describe('describes its API', () => {
    it('as OpenAPI 3.1 with every /v1 route, its schemas and no dangling reference', async () => {
      const document = (await node.stranger().get('/openapi.json').expect(200)).body as OpenApi
      expect(document.openapi).toBe('3.1.0')
      const { router } = node.app.getHttpAdapter().getInstance() as unknown as {
        router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] }
      }
      let checked = 0
      for (const { route } of router.stack) {
        if (route === undefined || !route.path.startsWith('/v1/')) continue
        for (const method of Object.keys(route.methods)) {
          const operation = document.paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]?.[method]
          expect(operation, `${method} ${route.path}`).toBeDefined()
          const answers = Object.entries(operation?.responses ?? {}).filter(([status]) => status.startsWith('2'))
          expect(answers.length, `${method} ${route.path}`).toBeGreaterThan(0)
          for (const [, answer] of answers) expect(answer.content, `${method} ${route.path}`).toBeDefined()
          checked += 1
        }
      }
      expect(checked).toBeGreaterThan(40)
      for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
        expect(document.components.schemas[name as string], name).toBeDefined()
      }
      const ban = document.paths['/v1/bans']?.['post']?.requestBody?.content['application/json']?.schema
      expect(ban).toEqual({ $ref: '#/components/schemas/BanRequest' })
    })

    it('on its own page, with every close reason and refusal and no inline script or style', async () => {
      const { text } = await node.stranger().get('/docs').expect(200)
      for (const reason of [...closeReasonNames, ...refusalReasonNames])
        expect(text).toContain(`<code>${reason}</code>`)
      expect(text).toContain('/v1/connections/{id}/disconnect')
      expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=/)
      expect((await node.stranger().get('/docs/style.css').expect(200)).headers['content-type']).toContain('text/css')
    })
  })

  it('logs no internal failure', () => {
    expect(node.failures).toEqual([])
  })
})
