import { describe, expect, it, vi } from 'vitest'
import { Api, ApiError } from './api.js'

const answering = (status: number, body: unknown, type = 'application/json') => {
  const request = vi.fn<typeof fetch>(
    async () => new Response(JSON.stringify(body), { status, headers: { 'content-type': type } }),
  )
  return { api: new Api(request), request }
}

describe('the REST client', () => {
  it('puts what is asked into the query and leaves out what is not', async () => {
    const { api, request } = answering(200, { items: [] })
    await api.get('/v1/connections', { filter: 'user:a b', sort: null, limit: 100, cursor: undefined })
    expect(request.mock.calls[0]?.[0]).toBe('/v1/connections?filter=user%3Aa+b&limit=100')
  })

  it('sends a mutation as JSON with the header that a foreign page cannot send', async () => {
    const { api, request } = answering(200, { done: true, audited: true })
    await api.post('/v1/connections/cn_1/disconnect', { reason: 'kicked' })
    const init = request.mock.calls[0]?.[1]
    expect(init?.headers).toMatchObject({ 'X-Gatehouse-Request': '1', 'Content-Type': 'application/json' })
    expect(init?.body).toBe('{"reason":"kicked"}')
  })

  it('keeps the idempotency key of one decision', async () => {
    const { api, request } = answering(200, {})
    await api.once('POST', '/v1/operations', { planId: 'pl_1' }, 'key-1')
    expect(request.mock.calls[0]?.[1]?.headers).toMatchObject({ 'Idempotency-Key': 'key-1' })
  })

  it('turns a problem into an error with its word and request id', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      code: 'plan_changed',
      detail: 'Now 12, planned 9.',
      requestId: 'req_1',
    }
    const { api } = answering(409, problem, 'application/problem+json')
    const error = await api.post('/v1/operations').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      status: 409,
      code: 'plan_changed',
      message: 'Now 12, planned 9.',
      requestId: 'req_1',
    })
  })

  it('tells when nobody is signed in anymore', async () => {
    const { api } = answering(401, {}, 'text/plain')
    const onSignedOut = vi.fn()
    api.onSignedOut = onSignedOut
    await expect(api.get('/v1/me')).rejects.toMatchObject({ status: 401, code: 'unexpected' })
    expect(onSignedOut).toHaveBeenCalledTimes(1)
  })

  it('says that the node did not answer when the network is down', async () => {
    const api = new Api(async () => Promise.reject(new TypeError('Failed to fetch')))
    await expect(api.get('/v1/me')).rejects.toMatchObject({ status: 0, code: 'unreachable' })
  })
})
