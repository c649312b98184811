import { afterEach, describe, expect, it } from 'vitest'
import type { TestGatewayOptions } from './testing/test-gateway.js'
import { TestGateway, token } from './testing/test-gateway.js'

let gateway: TestGateway
afterEach(() => gateway.stop())

const start = async (options?: TestGatewayOptions): Promise<TestGateway> => (gateway = await TestGateway.start(options))

describe('Opening a connection with a cookie', () => {
  const page = 'https://app.example'
  const options = {
    gateway: { tokenCookie: { name: 'session', origins: [page] } },
    admission: { allowedOrigins: [page], firstFrameAuth: false },
  }

  it('[O-9] takes its token from pages of the list', async () => {
    await start(options)
    const client = await gateway.open({ headers: { Origin: page, Cookie: `a=1; session=${await token()}` } })
    expect(await client.json()).toMatchObject({ event: 'connected' })
    expect([...gateway.hub.connections.values()][0]?.user).toBe('alice')
  })

  it.each<[string, Record<string, string>, string]>([
    ['another page', { Origin: 'https://evil.example' }, 'origin_denied'],
    ['a request without an Origin', {}, 'no_token'],
  ])('[O-9] does not take it from %s', async (_, origin, code) => {
    await start(options)
    const client = await gateway.connect()
    client.requestUpgrade({ headers: { ...origin, Cookie: `session=${await token()}` } })
    expect(JSON.parse((await client.response()).body)).toMatchObject({ code })
    expect(gateway.hub.connections.size).toBe(0)
  })

  it('judges it like any token, and shows it nowhere', async () => {
    await start(options)
    for (const [value, code] of [
      ['canary', 'bad_token'],
      ['c'.repeat(9_000), 'bad_token'],
      [await token('alice', {}, 1_000, Date.now() - 60_000), 'token_expired'],
    ]) {
      const client = await gateway.connect()
      client.requestUpgrade({ headers: { Origin: page, Cookie: `session=${value}` } })
      const { body } = await client.response()
      expect(JSON.parse(body)).toMatchObject({ code, status: 401 })
      expect(JSON.stringify([body, gateway.ports.records.refusals, gateway.log.failures])).not.toContain(value)
    }
  })

  it('[O-9] counts for the check too, when a page sends it along', async () => {
    await start(options)
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(`http://127.0.0.1:${gateway.port}/ws`, { headers })
      return { headers: response.headers, body: (await response.json()) as Record<string, unknown> }
    }
    const cookie = { Cookie: `session=${await token()}` }
    const own = await ask({ Origin: page, ...cookie })
    expect(own.body).toMatchObject({ code: 'admitted' })
    expect(own.headers.get('access-control-allow-credentials')).toBe('true')
    const foreign = await ask({ Origin: 'https://evil.example', ...cookie })
    expect(foreign.body).toMatchObject({ code: 'origin_denied' })
    expect(foreign.headers.has('access-control-allow-credentials')).toBe(false)
  })
})
