import { describe, expect, test } from 'vitest'
import { PLAN_LIFETIME_MS } from './plan-maker.js'
import { EngineRig } from '../testing/engine-rig.js'

const drainRequest = { kind: 'drain', reason: 'new kernel' } as const

describe('a plan', () => {
  test('says who is affected before anything happens', async () => {
    const rig = new EngineRig()
    const [a, b, c] = rig.connect(3)
    rig.test.client('user0')
    for (const client of [a!, b!]) rig.test.join(client, 'chat:lobby')
    rig.test.join(c!, 'chat:other')
    rig.test.join(a!, 'chat:other')
    const plan = await rig.engine.plan(
      { kind: 'disconnect', target: { ids: [a!.c.id, b!.c.id] }, reason: 'noise' },
      'olga',
    )
    expect(plan.blast).toMatchObject({ connections: 2, users: 2, usersLeftWithNone: 1, roomsEmptied: 1 })
    expect(plan.sample.map(({ id, user, rooms }) => [id, user, rooms])).toEqual([
      [a!.c.id, 'user0', 2],
      [b!.c.id, 'user1', 1],
    ])
    expect(rig.hub.connections.size).toBe(4)
    expect(rig.changes).toEqual([])
  })

  test('of a drain fills its defaults in, names the node to type and warns', async () => {
    const rig = new EngineRig()
    rig.connect(600)
    const plan = await rig.engine.plan(drainRequest, 'olga')
    expect(plan.parameters).toMatchObject({
      durationMs: 60_000,
      rate: 10,
      lbWaitMs: 0,
      noticeMs: 5000,
      flushTimeoutMs: 2000,
      closeTimeoutMs: 3000,
      order: 'idle',
      onDone: 'hold',
    })
    expect(plan.estimate).toEqual({ rate: 10, pacedMs: 60_000, totalMs: 68_000 })
    expect(plan.confirm).toBe('node-1')
    expect(plan.sample).toHaveLength(20)
    expect(plan.warnings).toContain(
      'No other node can take the clients: they cannot reconnect until it is returned to service.',
    )
    expect(plan.warnings).toContain(
      'The node then stays out of service, also across a restart, until someone returns it to service.',
    )
    expect(plan.warnings.join(' ')).toContain('It takes 78 s with its margin, longer than DRAIN_GRACE (25 s)')
  })

  test('of a drain that serves again does not mention returning the node to service', async () => {
    const rig = new EngineRig()
    rig.connect(1)
    const plan = await rig.engine.plan({ ...drainRequest, parameters: { onDone: 'serve' } }, 'olga')
    expect(plan.warnings).toContain(
      'No other node can take the clients: they cannot reconnect until the drain is done.',
    )
    expect(plan.warnings.join(' ')).not.toContain('return')
  })

  test('counts what the affected connections send, not what they are sent', async () => {
    const rig = new EngineRig()
    for (const { c } of rig.connect(2)) Object.assign(c.health, { inRate: 1.5, outRate: 40 })
    expect((await rig.engine.plan(drainRequest, 'olga')).blast.messagesPerSecond).toBe(3)
  })

  test('of a short drain beside other nodes waits for the balancer and gives no untrue warning', async () => {
    const rig = new EngineRig({ nodes: { ready: 2, of: 2 }, drainGraceMs: 60_000 })
    rig.connect(10)
    const plan = await rig.engine.plan({ ...drainRequest, parameters: { durationMs: 5000 } }, 'olga')
    expect(plan.parameters.lbWaitMs).toBe(10_000)
    expect(plan.warnings.join(' ')).not.toMatch(/No other node|DRAIN_GRACE/)
  })

  test.each([
    [{ kind: 'closeRoom' as const, reason: 'x' }, 'kind_not_built', 400],
    [{ kind: 'announce' as const, reason: 'x' }, 'kind_not_built', 400],
    [{ reason: 'x' }, 'invalid_request', 400],
    [{ kind: 'drain' as const }, 'invalid_request', 400],
    [{ kind: 'drain' as const, reason: 'x', target: { filter: 'user:a' } }, 'invalid_request', 400],
    [{ kind: 'disconnect' as const, reason: 'x' }, 'invalid_request', 400],
    [{ kind: 'disconnect' as const, reason: 'x', target: { filter: 'user:a', ids: ['c1'] } }, 'invalid_request', 400],
    [{ kind: 'disconnect' as const, reason: 'x', target: { filter: 'color:red' } }, 'invalid_filter', 400],
    [{ kind: 'drain' as const, reason: 'x', target: { node: 'other' } }, 'node_unknown', 404],
  ])('refuses %j as %s', async (request, code, status) => {
    await expect(new EngineRig().engine.plan(request, 'olga')).rejects.toMatchObject({ code, status })
  })

  test('runs once, and not after ten minutes', async () => {
    const rig = new EngineRig()
    const plan = await rig.engine.plan(drainRequest, 'olga')
    const [first, second] = await Promise.allSettled([
      rig.engine.run(plan.planId, 'olga'),
      rig.engine.run(plan.planId, 'olga'),
    ])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ reason: { code: 'plan_expired', status: 409 } })
    const late = await rig.engine.plan(drainRequest, 'olga')
    rig.clock.advance(PLAN_LIFETIME_MS)
    await expect(rig.engine.run(late.planId, 'olga')).rejects.toMatchObject({ code: 'plan_expired', status: 409 })
    await expect(rig.engine.run('nonsense', 'olga')).rejects.toMatchObject({ code: 'plan_not_found', status: 404 })
  })

  test.each([
    [10, 1, true],
    [10, 2, false],
    [10, -1, true],
    [10, -2, false],
  ])('of %i connections that moved by %i runs: %s', async (count, moved, runs) => {
    const rig = new EngineRig()
    const clients = rig.connect(count)
    const plan = await rig.engine.plan(drainRequest, 'olga')
    if (moved > 0) rig.connect(moved, 'new')
    for (const client of moved < 0 ? clients.slice(0, -moved) : []) rig.leave(client)
    const run = rig.engine.run(plan.planId, 'olga')
    if (runs) expect((await run).plan.planId).toBe(plan.planId)
    else await expect(run).rejects.toMatchObject({ code: 'plan_changed', status: 409 })
  })

  test('is refused while another drain runs or holds, unless forced', async () => {
    const rig = new EngineRig()
    rig.connect(10)
    const first = await rig.drain({ rate: 1 })
    const plan = await rig.engine.plan(drainRequest, 'pat')
    await expect(rig.engine.run(plan.planId, 'pat')).rejects.toMatchObject({ code: 'operation_running', status: 409 })
    const second = await rig.engine.run(plan.planId, 'pat', { force: true })
    expect((await rig.engine.get(first.id)).state).toBe('cancelled')
    expect(rig.nodeState.operation).toBe(second.id)
    rig.clock.advance(200_000)
    expect(rig.nodeState.name).toBe('drained')
    await expect(rig.drain()).rejects.toMatchObject({ message: expect.stringContaining('return the node to service') })
  })

  test('never drains the last ready node of several unless forced', async () => {
    const rig = new EngineRig({ nodes: { ready: 1, of: 3 } })
    await expect(rig.drain()).rejects.toMatchObject({ code: 'last_ready_node', status: 409 })
    expect((await rig.drain({}, { force: true })).kind).toBe('drain')
  })
})

describe('a bulk disconnect', () => {
  test('closes the connections that it matched and spares later ones', async () => {
    const rig = new EngineRig()
    const met = rig.connect(20, 'bot')
    rig.connect(5, 'human')
    const plan = await rig.engine.plan(
      {
        kind: 'disconnect',
        target: { filter: 'user:bot*' },
        reason: 'bots',
        parameters: { disconnectReason: 'kicked', message: 'go away' },
      },
      'olga',
    )
    const [late] = rig.connect(1, 'bot-late')
    const { id } = await rig.engine.run(plan.planId, 'olga')
    rig.clock.advance(1000)
    expect(met.every(({ c, socket }) => c.isClosed && socket.closed?.code === 4504)).toBe(true)
    expect(met[0]!.socket.of('disconnect')[0]).toMatchObject({ reason: 'kicked', message: 'go away' })
    expect(met[0]!.socket.of('disconnect')[0]).not.toHaveProperty('retryAfterMs')
    expect([late!.c.isClosed, rig.hub.connections.size]).toEqual([false, 6])
    expect(rig.states(id)).toEqual(['prepare', 'run', 'finish', 'done'])
    const { holds, progress } = await rig.engine.get(id)
    expect([holds, rig.nodeState.name, progress.buckets.closedClean]).toEqual([false, 'ready', 20])
  })

  test('is paced like everything else', async () => {
    const rig = new EngineRig()
    rig.connect(300)
    await rig.start({ kind: 'disconnect', target: { filter: 'user:user*' } })
    rig.clock.advance(1010)
    expect(rig.hub.connections.size).toBe(200)
  })

  test('runs beside a drain that has some of the same clients', async () => {
    const rig = new EngineRig()
    const clients = rig.connect(100)
    const ids = clients.slice(0, 50).map(({ c }) => c.id)
    const disconnect = await rig.start({ kind: 'disconnect', target: { ids }, parameters: { rate: 10 } })
    const drain = await rig.drain({ rate: 50 })
    rig.clock.advance(10_000)
    for (const { id } of [disconnect, drain]) {
      const { state, progress } = await rig.engine.get(id)
      expect([state, progress.unaccounted, progress.buckets.remaining]).toEqual(['done', 0, 0])
    }
    const ends = [disconnect, drain].map(async ({ id }) => (await rig.engine.get(id)).progress.buckets.closedClean)
    expect((await Promise.all(ends)).reduce((a, b) => a + b)).toBe(100)
  })
})

describe('a timed operation', () => {
  test('waits for its time, begins once and can be cancelled before', async () => {
    const rig = new EngineRig()
    rig.connect(3)
    const followed: [string, number | undefined][] = []
    rig.engine.superviseBy({ follow: async (id, startAt) => void followed.push([id, startAt]) })
    const startAt = rig.clock.wallMs() + 60_000
    const { id, startedAt } = await rig.drain({ durationMs: 1000 }, { startAt })
    expect([startedAt, followed]).toEqual([null, [[id, startAt]]])
    rig.clock.advance(60_000)
    expect(rig.nodeState.name).toBe('ready')
    expect(await rig.engine.tend(id)).toBe('running')
    expect(await rig.engine.tend(id)).toBe('running')
    rig.clock.advance(2000)
    expect(await rig.engine.tend(id)).toBe('over')
    expect((await rig.engine.get(id)).state).toBe('done')
    rig.engine.returnToService(id)

    const other = await rig.drain({}, { startAt: rig.clock.wallMs() + 1000 })
    rig.engine.cancel(other.id, 'pat')
    expect(await rig.engine.tend(other.id)).toBe('over')
    expect((await rig.engine.get(other.id)).state).toBe('cancelled')
  })

  test('fails when its disconnect would match other connections by then', async () => {
    const rig = new EngineRig()
    rig.connect(10)
    rig.engine.superviseBy({ follow: async () => undefined })
    const target = { filter: 'user:user*' }
    const { id } = await rig.start({ kind: 'disconnect', target }, { startAt: rig.clock.wallMs() + 1000 })
    rig.connect(10)
    expect(await rig.engine.tend(id)).toBe('running')
    rig.clock.advance(1000)
    expect(await rig.engine.tend(id)).toBe('over')
    expect(await rig.engine.get(id)).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('would now close 20'),
    })
  })

  test('begins with the force it was ordered with, also after a restart', async () => {
    for (const restarts of [false, true]) {
      const rig = new EngineRig()
      rig.engine.superviseBy({ follow: async () => undefined })
      const startAt = rig.clock.wallMs() + 1000
      const { id } = await rig.drain({ durationMs: 1000 }, { startAt, force: true })
      const at = restarts ? new EngineRig({ operations: rig.operations }) : rig
      if (restarts) await at.engine.restore()
      at.connect(5)
      const rival = await at.drain({ rate: 1, onDone: 'serve' })
      at.clock.advance(1000)
      expect(await at.engine.tend(id)).toBe('running')
      expect(await at.engine.get(rival.id)).toMatchObject({ state: 'cancelled', failure: 'another drain was forced' })
    }
  })

  test('is refused and never runs when the queue does not take it', async () => {
    const rig = new EngineRig()
    const [client] = rig.connect(1)
    const reached: string[] = []
    rig.engine.superviseBy({
      follow: async (id) => {
        reached.push(id)
        throw new Error('the queue has gone')
      },
    })
    const plan = await rig.engine.plan({ kind: 'drain', reason: 'x' }, 'olga')
    const startAt = rig.clock.wallMs() + 1000
    await expect(rig.engine.run(plan.planId, 'olga', { startAt })).rejects.toMatchObject({
      code: 'store_unavailable',
      status: 503,
    })
    const id = reached[0]!
    await rig.written()
    expect(rig.operations.rows.get(id)?.operation).toMatchObject({ state: 'failed', endedAt: rig.clock.wallMs() })
    rig.clock.advance(5000)
    const next = new EngineRig({ operations: rig.operations })
    await next.engine.restore()
    for (const engine of [rig.engine, next.engine]) {
      expect(engine.active()).toEqual([])
      expect(await engine.tend(id)).toBe('over')
    }
    expect(client!.c.isClosed).toBe(false)
    // The plan itself can still be run.
    expect((await rig.engine.run(plan.planId, 'olga')).kind).toBe('drain')
  })

  test('is forgotten some time after its end, because the store remembers it', async () => {
    const rig = new EngineRig()
    rig.engine.superviseBy({ follow: async () => undefined })
    const ids: string[] = []
    for (let n = 0; n < 70; n++) {
      const { id } = await rig.drain({}, { startAt: rig.clock.wallMs() + 60_000 })
      rig.engine.cancel(id, 'pat')
      ids.push(id)
    }
    await rig.written()
    expect((await rig.engine.get(ids[0]!)).state).toBe('cancelled')
    rig.operations.isDown = true
    expect((await rig.engine.list({ limit: 100, tokens: [] })).items).toHaveLength(50)
    expect((await rig.engine.get(ids[69]!)).state).toBe('cancelled')
  })

  test('needs a queue', async () => {
    const rig = new EngineRig()
    await expect(rig.drain({}, { startAt: rig.clock.wallMs() + 1000 })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
  })
})
