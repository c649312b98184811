import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiKeyCreated, BanResult, Page, Refusal } from '@gatehouse/protocol/rest'
import { booksOf, imbalances } from '../support/books.ts'
import { NodeProcess } from '../support/node-process.ts'
import { until } from '../support/until.ts'
import { OpeningRefused, WsClient } from '../support/ws-client.ts'

describe('a node that refuses openings', () => {
  let node: NodeProcess
  beforeAll(async () => {
    node = await NodeProcess.start()
  })
  afterAll(() => node.dispose())

  const refused = async (headers: Record<string, string>, url = node.gatewayUrl): Promise<OpeningRefused> => {
    const outcome: unknown = await WsClient.open(url, headers).catch((error: unknown) => error)
    if (!(outcome instanceof OpeningRefused)) throw new Error(`it was not refused: ${String(outcome)}`)
    return outcome
  }
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
  const newest = (reason: string): Promise<Refusal> =>
    until(`a refusal for ${reason}`, async () => {
      const page = await node.rest.get<Page<Refusal>>('/v1/refusals', { filter: `reason:${reason}`, sort: '-at' })
      return page.items[0]
    })

  it('answers an invalid token with 401, its reason and a sentence, and records it without the token', async () => {
    const token = `${node.token({ sub: 'mallory', rooms: {} })}x`
    const refusal = await refused(bearer(token))
    expect(refusal.status).toBe(401)
    expect(refusal.headers['content-type']).toContain('application/problem+json')
    expect(JSON.parse(refusal.body)).toMatchObject({ code: 'bad_token', status: 401 })
    expect(JSON.stringify(await newest('bad_token'))).not.toContain(token.slice(-20))
  })

  it('distinguishes an expired token from an invalid one', async () => {
    const refusal = await refused(bearer(node.token({ sub: 'mallory', rooms: {}, ttlSeconds: -120 })))
    expect([refusal.status, JSON.parse(refusal.body)]).toMatchObject([401, { code: 'token_expired' }])
  })

  it('refuses a foreign origin and records it', async () => {
    const origin = 'https://evil.example'
    expect((await refused({ origin })).status).toBe(403)
    expect(await newest('origin_denied')).toMatchObject({ origin, status: 403 })
  })

  it('answers another path with 404', async () => {
    const refusal = await refused({}, node.gatewayUrl.replace(/\/ws$/, '/socket'))
    expect([refusal.status, JSON.parse(refusal.body)]).toMatchObject([404, { code: 'path_not_found' }])
  })

  it('refuses a banned user, disconnects it at once, and accepts it again when the ban is lifted', async () => {
    const token = node.token({ sub: 'troll', rooms: {} })
    const client = await WsClient.connect(node.gatewayUrl, token)
    const { ban, disconnected } = await node.rest.post<BanResult>('/v1/bans', {
      kind: 'user',
      value: 'troll',
      reason: 'spam',
      message: 'no spam here',
    })
    expect(disconnected).toBe(1)
    expect(await client.whenClosed()).toEqual({ code: 4505, reason: `banned ${client.connection}` })
    const refusal = await refused(bearer(token))
    expect([refusal.status, JSON.parse(refusal.body)]).toMatchObject([403, { code: 'banned' }])
    await node.rest.delete(`/v1/bans/${ban.id}`)
    await (await WsClient.connect(node.gatewayUrl, token)).close()
  })

  it('[O-7] answers the check without Upgrade by the same rules, without counting it', async () => {
    const before = await booksOf(node.rest)
    const url = node.gatewayUrl.replace('ws:', 'http:')
    const response = await fetch(url, { headers: { origin: 'https://evil.example' } })
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'origin_denied' }])
    expect((await booksOf(node.rest)).attempts).toBe(before.attempts)
  })

  it('[O-10] accepts no API key as a token if API_KEY_AUTH is off', async () => {
    const { key } = await node.rest.post<ApiKeyCreated>('/v1/access/api-keys', { name: 'sensor', verbs: ['publish'] })
    const response = await fetch(node.gatewayUrl.replace('ws:', 'http:'), { headers: bearer(key) })
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'bad_token' }])
  })

  it('keeps the books balanced', async () => {
    const books = await booksOf(node.rest)
    expect(imbalances(books)).toEqual([])
    expect(books.refusedByReason).toMatchObject({ bad_token: 1, token_expired: 1, origin_denied: 1, banned: 1 })
  })
})
