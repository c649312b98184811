import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { LiveSessions } from '../../src/control/live/live-sessions.js'
import { testPoint } from '../../src/store/testing/test-point.js'
import { ADMIN_KEY, type ControlNode, startControlNode } from './support/control-node.js'

interface Frame {
  readonly id?: number
  readonly event?: string
  readonly room?: string
  readonly data?: Record<string, unknown>
  readonly ok?: unknown
  readonly error?: { code: string }
}

describe('the live stream', () => {
  let node: ControlNode
  const open = new Set<WebSocket>()

  beforeAll(async () => {
    node = await startControlNode()
    node.store.stats.record(testPoint({ at: Date.now() - 1000 }))
  })
  afterAll(() => node.close())
  afterEach(async () => {
    for (const socket of open) socket.terminate()
    open.clear()
    await vi.waitUntil(() => node.controlHub.connections.size === 0)
  })

  async function dashboard(headers: Record<string, string> = { Authorization: `Bearer ${ADMIN_KEY}` }) {
    const socket = new WebSocket(`ws://localhost:${node.port}/v1/live`, 'gatehouse.v1.json', { headers })
    open.add(socket)
    const frames: Frame[] = []
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame))
    const ended = new Promise<number>((resolve) => socket.on('close', resolve))
    await Promise.race([once(socket, 'open'), once(socket, 'error').then(([error]) => Promise.reject(error as Error))])
    await expect.poll(() => frames[0]?.event).toBe('connected')
    return {
      socket,
      frames,
      ended,
      join: async (room: string): Promise<Frame> => {
        const id = frames.length + 1
        socket.send(JSON.stringify({ id, event: 'join', data: { room } }))
        await expect.poll(() => frames.some((frame) => frame.id === id)).toBe(true)
        return frames.find((frame) => frame.id === id) as Frame
      },
      samples: (room: string) =>
        frames.filter((frame) => frame.event === 'message' && frame.room === room).map(({ data }) => data),
    }
  }

  const refused = async (headers: Record<string, string>, path = '/v1/live'): Promise<number> => {
    const socket = new WebSocket(`ws://localhost:${node.port}${path}`, { headers })
    socket.on('error', () => undefined)
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number; resume(): void },
    ]
    response.resume()
    socket.terminate()
    return response.statusCode
  }

  it('refuses openings without a sign-in or a key, from another site, or at another path', async () => {
    const cookie = await node.operator('ada', 'viewer')
    expect(await refused({})).toBe(401)
    expect(await refused({ Authorization: 'Bearer wrong' })).toBe(401)
    expect(await refused({ Cookie: cookie, Origin: 'http://evil.example' })).toBe(403)
    expect(await refused({ Cookie: cookie, Origin: `http://localhost:${node.port + 1}` })).toBe(403)
    expect(await refused({ Cookie: cookie, 'Sec-Fetch-Site': 'same-site' })).toBe(403)
    expect(await refused({ Authorization: `Bearer ${await node.key(['metrics.read'])}` })).toBe(403)
    expect(await refused({ Authorization: `Bearer ${ADMIN_KEY}` }, '/ws')).toBe(404)
    await dashboard({ Cookie: cookie, Origin: `http://localhost:${node.port}` })
  })

  it('sends the last second once a second, with books that balance', async () => {
    const { join, samples } = await dashboard()
    expect(await join('sys:stats')).toMatchObject({ ok: { offset: 0 } })
    await expect.poll(() => samples('sys:stats').length, { timeout: 5000 }).toBeGreaterThan(1)
    const books = (samples('sys:stats')[0] as { books: { opened: number; open: number; closed: number } }).books
    expect(books.opened).toBe(books.open + books.closed)
    expect(samples('sys:stats')[0]).toMatchObject({
      nodeState: 'ready',
      nodes: { answered: 1, of: 1 },
      operations: [],
      bans: 0,
    })
  })

  it('sends counts of connections, one connection in full, and its end', async () => {
    const { connection } = node.client('bob')
    await node.join(connection, 'chat:one')
    const { join, samples } = await dashboard()
    await join('sys:connections')
    await join(`sys:connection:${connection.id}`)
    await join('sys:room:chat:one')
    const watched = `sys:connection:${connection.id}`
    await expect
      .poll(() => samples(watched)[0], { timeout: 5000 })
      .toMatchObject({ connection: { id: connection.id, user: 'bob' } })
    await expect
      .poll(() => samples('sys:connections')[0], { timeout: 5000 })
      .toMatchObject({ total: 1, byState: { open: 1 } })
    await expect
      .poll(() => samples('sys:room:chat:one')[0], { timeout: 5000 })
      .toMatchObject({ room: { name: 'chat:one', members: 1 } })
    await node.admin('post', `/v1/connections/${connection.id}/disconnect`).send({ reason: 'kicked' }).expect(200)
    await expect.poll(() => samples(watched).at(-1), { timeout: 5000 }).toMatchObject({ closed: 'kicked' })
  })

  it('sends nothing about a connection that never existed', async () => {
    const { connection } = node.client('bob')
    const { join, samples } = await dashboard()
    await join('sys:connection:nobody')
    await join(`sys:connection:${connection.id}`)
    await expect.poll(() => samples(`sys:connection:${connection.id}`).length, { timeout: 5000 }).toBeGreaterThan(1)
    expect(samples('sys:connection:nobody')).toEqual([])
  })

  it('sends the progress of an operation', async () => {
    node.client('carol')
    const plan = await node
      .admin('post', '/v1/operations')
      .send({ kind: 'drain', dryRun: true, reason: 'move', parameters: { rate: 1, lbWaitMs: 0, noticeMs: 2000 } })
      .expect(200)
    const { body } = await node.admin('post', '/v1/operations').send({ planId: plan.body.planId }).expect(201)
    const { join, samples } = await dashboard()
    await join(`sys:operation:${body.id}`)
    await expect
      .poll(() => samples(`sys:operation:${body.id}`).at(-1), { timeout: 15_000 })
      .toMatchObject({ operation: { id: body.id, state: 'done' } })
    await node.admin('post', '/v1/node/return-to-service').send({}).expect(200)
  })

  it('shows a caller only rooms that its patterns match, and only system rooms', async () => {
    const { join } = await dashboard({ Cookie: await node.operator('mod', 'moderator', ['chat:*']) })
    expect(await join('sys:room:chat:one')).toHaveProperty('ok')
    expect(await join('sys:room:news')).toMatchObject({ error: { code: 'forbidden' } })
    expect(await join('chat:one')).toMatchObject({ error: { code: expect.stringMatching(/forbidden|unknown_room/) } })
    expect(await join('sys:nothing')).toMatchObject({
      error: { code: expect.stringMatching(/forbidden|unknown_room/) },
    })
  })

  it('accepts no messages', async () => {
    const { socket, frames, join } = await dashboard()
    await join('sys:stats')
    socket.send(JSON.stringify({ id: 900, event: 'publish', data: { room: 'sys:stats', data: {} } }))
    await expect.poll(() => frames.find(({ id }) => id === 900)).toMatchObject({ error: { code: 'forbidden' } })
  })

  it('ends when the operator signs out or is disabled, and when the key is revoked', async () => {
    const cookie = await node.operator('eve', 'viewer')
    const first = await dashboard({ Cookie: cookie })
    await node.stranger().post('/v1/signout').set('Cookie', cookie).set('X-Gatehouse-Request', '1').send({}).expect(200)
    expect(await first.ended).toBe(4500)
    const again = (await node.signIn('eve', 'a long password')).headers['set-cookie']?.[0]?.split(';')[0] as string
    const second = await dashboard({ Cookie: again })
    await node.admin('patch', '/v1/access/operators/eve').send({ disabled: true }).expect(200)
    expect(await second.ended).toBe(4500)
    const made = await node
      .admin('post', '/v1/access/api-keys')
      .send({ name: 'watcher', verbs: ['read'] })
      .expect(201)
    const third = await dashboard({ Authorization: `Bearer ${made.body.key}` })
    await node.admin('delete', `/v1/access/api-keys/${made.body.record.id}`).expect(200)
    expect(await third.ended).toBe(4500)
  })

  it('counts its connections only as viewers', async () => {
    const before = node.hub.books.snapshot()
    await dashboard()
    await dashboard()
    expect((await node.admin('get', '/v1/node').expect(200)).body.viewers).toBe(2)
    expect(node.hub.books.snapshot()).toEqual(before)
  })

  it('tells dashboards to come back when the node stops', async () => {
    const { ended } = await dashboard()
    await node.app.get(LiveSessions).endAll()
    expect(await ended).toBe(1012)
  })

  it('logs no internal failure', () => {
    expect(node.failures).toEqual([])
  })
})
