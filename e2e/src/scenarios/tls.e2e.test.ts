import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CloseRecordDetail, Me } from '@gatehouse/protocol/rest'
import { start } from '../start/npm-start.ts'
import { NodeProcess } from '../support/node-process.ts'
import { OPERATOR } from '../support/operator-page.ts'
import { Rest } from '../support/rest.ts'
import { tlsFixture } from '../support/tls-fixture.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const tls = { TLS_CERT: tlsFixture.cert, TLS_KEY: tlsFixture.key }

describe('a node with its own certificate', () => {
  let node: NodeProcess
  let control: URL
  beforeAll(async () => {
    // For this process only: every https and wss request of these tests checks the certificate as any client would.
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(tlsFixture.cert, 'utf8')])
    node = await NodeProcess.start({ env: tls })
    control = new URL(node.controlUrl)
  })
  afterAll(() => node?.dispose())

  it('accepts only TLS on both ports', async () => {
    expect([node.gatewayUrl, node.controlUrl]).toEqual([
      expect.stringMatching(/^wss:\/\/127\.0\.0\.1:\d+\/ws$/),
      expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/$/),
    ])
    await expect(fetch(node.controlUrl.replace('https', 'http'))).rejects.toThrow('fetch failed')
    await expect(WsClient.open(node.gatewayUrl.replace('wss', 'ws'))).rejects.toThrow(/hang up|ECONNRESET/)
    expect((await fetch(node.gatewayUrl.replace('wss', 'https').replace('/ws', '/readyz'))).status).toBe(200)
  })

  it('signs the first operator in over https, with a cookie that opens the live stream over wss', async () => {
    const link = new URL(await until('the sign-in link', () => node.signInUrl))
    expect(link.origin).toBe(control.origin)
    const response = await new Rest(node.controlUrl).fetch('/v1/signin/first', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gatehouse-request': '1' },
      body: JSON.stringify({ ...OPERATOR, token: link.hash.slice(1) }),
    })
    expect(response.status).toBe(200)
    const setCookie = response.headers.get('set-cookie') ?? ''
    expect(setCookie).toMatch(/^__Host-\S+=\S+;.*Secure/)
    const cookie = setCookie.split(';')[0] ?? ''
    const me = await fetch(new URL('/v1/me', control), { headers: { cookie } })
    expect((await me.json()) as Me).toMatchObject({ name: OPERATOR.name, role: 'admin' })

    const live = await WsClient.open(`wss://${control.host}/v1/live`, { cookie })
    expect(await live.next('connected')).toMatchObject({ protocol: 1 })
    await live.ask('join', { room: 'sys:stats' })
    expect(await live.next('message')).toMatchObject({ room: 'sys:stats' })
    await live.close()
  })

  it('serves clients over wss until npm run drain, which trusts that certificate, has emptied it', async () => {
    const token = node.token({ sub: 'ann', rooms: { 'chat:*': ['join', 'publish'] } })
    const client = await WsClient.connect(node.gatewayUrl, token)
    await client.ask('join', { room: 'chat:safe' })
    await client.ask('publish', { room: 'chat:safe', data: 'under seal' })
    expect(await client.next('message')).toMatchObject({ room: 'chat:safe', data: 'under seal' })

    const drain = start('npm', ['run', '--silent', 'drain', '--', '--rate', '50'], repository, {
      ...tls,
      DATA_DIR: node.dataDir,
    })
    await client.next('drain', { withinMs: 30_000 })
    expect((await client.whenClosed({ withinMs: 15_000 })).code).toBe(1012)
    expect([await drain.ended, drain.output()]).toEqual([0, expect.stringMatching(/^done: .* 1 closed, .* 0 remain/m)])
    const record = await until('the close record', () =>
      node.rest.get<CloseRecordDetail>(`/v1/closed/${client.connection}`),
    )
    expect(record).toMatchObject({ reason: 'drain', user: 'ann' })
  })
})
