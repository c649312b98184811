import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { EmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.js'
import { testServer } from '../../src/store/embedded/testing.js'
import { type ControlNode, startControlNode } from './support/control-node.js'

describe('while PostgreSQL does not answer, the control plane', () => {
  let server: EmbeddedPostgres
  let node: ControlNode
  let cookie: string

  beforeAll(async () => {
    server = await testServer()
    node = await startControlNode(server.connection)
    cookie = await node.operator('ada', 'operator')
    await node.stranger().get('/v1/me').set('Cookie', cookie).expect(200)
    await server.stop()
    await vi.waitUntil(() => !node.store.health.state().isUp, { timeout: 10_000 })
  })
  afterAll(async () => {
    await node.close()
  })

  const act = (path: string, body: object) =>
    node.stranger().post(path).set('Cookie', cookie).set('X-Gatehouse-Request', '1').send(body)

  it('still disconnects, and says that the audit row waits', async () => {
    const { connection, socket } = node.client('bob')
    const answer = await act(`/v1/connections/${connection.id}/disconnect`, { reason: 'kicked' }).expect(202)
    expect(answer.body).toMatchObject({ reason: 'kicked', audited: false })
    await expect.poll(() => socket.closed?.code).toBe(4504)
    expect(node.store.audit.waiting()).toBeGreaterThan(0)
  })

  it('still plans and runs a drain', async () => {
    const { socket } = node.client('carol')
    const plan = await act('/v1/operations', {
      kind: 'drain',
      dryRun: true,
      reason: 'move',
      parameters: { rate: 50, lbWaitMs: 0, noticeMs: 0 },
    }).expect(200)
    const run = await act('/v1/operations', { planId: plan.body.planId }).expect(202)
    await expect.poll(() => socket.closed?.code, { timeout: 10_000 }).toBe(1012)
    await expect
      .poll(async () => (await node.stranger().get(`/v1/operations/${run.body.id}`).set('Cookie', cookie)).body.holds, {
        timeout: 10_000,
      })
      .toBe(true)
    await act('/v1/node/return-to-service', {}).expect(202)
  })

  it('refuses changes that need PostgreSQL, and says when to try again', async () => {
    for (const [path, body] of [
      ['/v1/bans', { kind: 'user', value: 'x', reason: 'y' }],
      ['/v1/rooms/chat/close', { reason: 'y' }],
    ] as const) {
      const { body: problem, headers } = await act(path, body).expect(503)
      expect(problem).toMatchObject({ code: 'store_unavailable', status: 503 })
      expect(problem.detail).toContain('kicks and drains still work')
      expect(headers['retry-after']).toBe('5')
    }
  })

  it('still lists open connections and what it has in memory', async () => {
    node.client('dora')
    const get = (path: string) => node.stranger().get(path).set('Cookie', cookie)
    expect((await get('/v1/connections').expect(200)).body.total).toBe(1)
    expect((await get('/v1/closed').expect(200)).body.items).toEqual(
      expect.arrayContaining([expect.objectContaining({ reason: 'kicked' })]),
    )
    expect((await get('/v1/node').expect(200)).body.store).toMatchObject({ state: 'down' })
    await node.stranger().get('/readyz').expect(200)
  })

  it('distinguishes an unknown credential from one that it cannot check', async () => {
    expect((await node.stranger().get('/v1/me').set('Cookie', '__Host-gatehouse-cluster1=never-seen')).status).toBe(503)
    await node.signIn('ada', 'a long password').expect(503)
  })

  it('logs no internal failure', () => {
    expect(node.failures).toEqual([])
  })
})
