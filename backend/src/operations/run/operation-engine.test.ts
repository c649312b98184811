import type { Operation } from '@gatehouse/protocol/rest'
import { describe, expect, test } from 'vitest'
import { slotBound, SLOT_MS } from './pacer.js'
import { EngineRig } from '../testing/engine-rig.js'

const sum = ({
  migratedEarly,
  closedClean,
  forced,
  leftOnTheirOwn,
  remaining,
}: Operation['progress']['buckets']): number => migratedEarly + closedClean + forced + leftOnTheirOwn + remaining

describe('a drain', () => {
  test('goes through prepare, notify, run, finish and done, and empties the node', async () => {
    const rig = new EngineRig()
    const clients = rig.connect(30)
    const { id } = await rig.drain({ lbWaitMs: 2000, noticeMs: 1000, durationMs: 3000 })
    expect([rig.nodeState.isReady, rig.nodeState.isAccepting, rig.gate.draining]).toEqual([false, true, null])
    rig.clock.advance(2000)
    expect(rig.gate.draining?.retryAfterMs).toBeGreaterThan(0)
    expect(clients.every(({ socket }) => socket.of('drain').length === 1)).toBe(true)
    expect(clients.every(({ c }) => !c.isClosed)).toBe(true)
    rig.clock.advance(4100)
    expect(rig.states(id)).toEqual(['prepare', 'notify', 'run', 'finish', 'done'])
    expect(rig.hub.connections.size).toBe(0)
    const { progress, holds } = await rig.engine.get(id)
    expect(progress).toMatchObject({ initial: 30, late: 0, unaccounted: 0, buckets: { closedClean: 30, remaining: 0 } })
    expect([holds, rig.nodeState.name]).toEqual([true, 'drained'])
  })

  test('[C-5] tells each client the drain and then the disconnect, and records the operation', async () => {
    const rig = new EngineRig()
    const clients = rig.connect(40)
    const { id } = await rig.drain({ noticeMs: 1000, durationMs: 2000 })
    rig.clock.advance(4000)
    const waits = new Set(clients.map(({ socket }) => socket.of('drain')[0]?.['reconnectAfterMs']))
    expect(waits.size).toBeGreaterThan(20)
    expect([...waits].every((wait) => Number(wait) >= 0 && Number(wait) < 3000)).toBe(true)
    for (const { c, socket } of clients) {
      expect(socket.closed?.code).toBe(1012)
      expect(socket.of('disconnect')[0]).toMatchObject({ reason: 'drain', connection: c.id })
      expect(rig.test.records.of(c.id).evidence).toMatchObject({ operation: id, actor: 'olga' })
      expect(rig.test.records.of(c.id).evidence.retryAfterMs).toBeGreaterThanOrEqual(1000)
    }
  })

  test('of 1,000 connections runs at the planned pace, in no slot above the bound, with nothing unaccounted', async () => {
    const rig = new EngineRig()
    rig.connect(1000)
    const { id } = await rig.drain({ durationMs: 20_000 })
    const achieved: number[] = []
    rig.engine.onChange(({ operation, entered }) => {
      if (operation.state !== 'run' || entered !== null) return
      achieved.push(operation.progress.achievedRate)
      expect(operation.progress.unaccounted).toBe(0)
      expect(sum(operation.progress.buckets)).toBe(1000)
    })
    rig.clock.advance(20_100)
    const slots = new Map<number, number>()
    const closedAt = rig.test.records.closes.map((record) => record.closedAt - (rig.clock.wallMs() - rig.clock.nowMs()))
    for (const at of closedAt) slots.set(Math.floor(at / SLOT_MS), (slots.get(Math.floor(at / SLOT_MS)) ?? 0) + 1)
    expect(Math.max(...slots.values())).toBeLessThanOrEqual(slotBound(50))
    expect(achieved.slice(1).every((rate) => rate > 45 && rate < 55)).toBe(true)
    const { state, progress, burnDown, codes } = await rig.engine.get(id)
    expect([state, progress.buckets.closedClean, progress.unaccounted, codes]).toEqual([
      'done',
      1000,
      0,
      { 1012: 1000 },
    ])
    expect(burnDown.length).toBeGreaterThanOrEqual(20)
    expect(burnDown.every((point) => Math.abs(point.remaining - point.planned) <= 50)).toBe(true)
    expect(burnDown.reduce((closes, point) => closes + point.closes, 0)).toBe(1000)
  })

  test('counts every end in its bucket', async () => {
    const rig = new EngineRig()
    const [early, cut, before, deaf, ...rest] = rig.connect(8)
    rig.deafen(deaf!)
    const { id } = await rig.drain({ lbWaitMs: 1000, noticeMs: 1000, durationMs: 1000 })
    rig.leave(before!, 1000)
    rig.clock.advance(1500)
    rig.leave(early!, 1001)
    rig.leave(cut!)
    rig.clock.advance(10_000)
    const { progress, state, codes } = await rig.engine.get(id)
    expect(progress.buckets).toEqual({
      migratedEarly: 1,
      closedClean: rest.length,
      forced: 1,
      leftOnTheirOwn: 2,
      remaining: 0,
    })
    expect([state, progress.unaccounted]).toEqual(['done', 0])
    expect(codes).toEqual({ 1000: 1, 1001: 1, 1006: 1, 1012: 5 })
    expect(rig.test.records.of(deaf!.c.id).evidence.forced).toBe(true)
  })

  test('also closes connections that come before the balancer has noticed', async () => {
    const rig = new EngineRig()
    rig.connect(5)
    const { id } = await rig.drain({ lbWaitMs: 2000, noticeMs: 500, durationMs: 1000 })
    rig.clock.advance(1000)
    const late = rig.connect(3, 'late')
    rig.clock.advance(9000)
    const { progress, state } = await rig.engine.get(id)
    expect(progress).toMatchObject({ initial: 5, late: 3, unaccounted: 0, buckets: { closedClean: 8, remaining: 0 } })
    expect(late.every(({ socket }) => socket.of('drain').length === 1)).toBe(true)
    expect(state).toBe('done')
  })

  test('waits for a handshake that was admitted before the node refused new ones', async () => {
    const rig = new EngineRig()
    rig.connect(1)
    rig.pendingHandshakes = 1
    const { id } = await rig.drain({ durationMs: 1000 })
    rig.clock.advance(5000)
    expect((await rig.engine.get(id)).state).toBe('finish')
    rig.connect(1, 'late')
    rig.pendingHandshakes = 0
    rig.clock.advance(5000)
    expect((await rig.engine.get(id)).progress).toMatchObject({ late: 1, buckets: { closedClean: 2, remaining: 0 } })
    expect((await rig.engine.get(id)).state).toBe('done')
  })

  test('closes idle connections first', async () => {
    const rig = new EngineRig()
    const clients = rig.connect(10)
    for (const { c } of clients.slice(0, 5)) Object.assign(c.health, { inRate: 3 })
    await rig.drain({ durationMs: 10_000 })
    rig.clock.advance(5200)
    expect(clients.map(({ c }) => c.isClosed)).toEqual([
      ...Array<boolean>(5).fill(false),
      ...Array<boolean>(5).fill(true),
    ])
  })

  test('pauses, resumes and changes pace on order', async () => {
    const rig = new EngineRig()
    rig.connect(100)
    const { id } = await rig.drain({ rate: 10 })
    rig.clock.advance(2010)
    rig.engine.pause(id, 'pat')
    const left = rig.hub.connections.size
    rig.clock.advance(30_000)
    expect(rig.hub.connections.size).toBe(left)
    expect(rig.gate.draining).not.toBeNull()
    expect((await rig.engine.get(id)).progress).toMatchObject({ targetRate: 0, etaAt: null })
    rig.engine.resume(id, 'pat')
    rig.engine.patch(id, 40)
    rig.clock.advance(1000)
    expect(left - rig.hub.connections.size).toBeGreaterThanOrEqual(38)
    expect(left - rig.hub.connections.size).toBeLessThanOrEqual(41)
    expect(rig.states(id)).toEqual(['prepare', 'notify', 'run', 'pause', 'run'])
    const { phases, parameters } = await rig.engine.get(id)
    expect(phases.map((phase) => phase.by)).toEqual(['olga', null, null, 'pat', 'pat'])
    expect(parameters.rate).toBe(40)
  })

  test('cancelled leaves the rest alone, returns to service and still counts the closes it had issued', async () => {
    const rig = new EngineRig()
    const clients = rig.connect(20)
    for (const client of clients) rig.deafen(client)
    const { id } = await rig.drain({ rate: 10 })
    rig.clock.advance(1010)
    rig.engine.cancel(id, 'pat')
    expect([rig.nodeState.name, rig.gate.draining]).toEqual(['ready', null])
    expect((await rig.engine.get(id)).progress.buckets).toMatchObject({ forced: 0, remaining: 20 })
    rig.clock.advance(60_000)
    const { state, progress } = await rig.engine.get(id)
    expect([state, rig.hub.connections.size]).toEqual(['cancelled', 10])
    expect(progress).toMatchObject({ unaccounted: 0, buckets: { forced: 10, remaining: 10 } })
    rig.leave(clients.find(({ c }) => !c.isClosed)!)
    expect((await rig.engine.get(id)).progress.buckets.remaining).toBe(10)
  })

  test('finishes at once on order, within the bound of the finish rate', async () => {
    const rig = new EngineRig()
    rig.connect(1000)
    const { id } = await rig.drain({ rate: 1 })
    rig.clock.advance(1000)
    rig.engine.finish(id, 'pat')
    rig.clock.advance(2100)
    expect(rig.hub.connections.size).toBe(0)
    const perSlot = new Map<number, number>()
    for (const { closedAt } of rig.test.records.closes)
      perSlot.set(Math.floor(closedAt / 100), (perSlot.get(Math.floor(closedAt / 100)) ?? 0) + 1)
    expect(Math.max(...perSlot.values())).toBeLessThanOrEqual(slotBound(500))
  })

  test('finishes by itself after its deadline, pauses not counted', async () => {
    const rig = new EngineRig()
    rig.connect(100)
    const { id } = await rig.drain({ rate: 1, deadlineMs: 5000 })
    rig.clock.advance(3000)
    rig.engine.pause(id, 'pat')
    rig.clock.advance(60_000)
    expect(rig.hub.connections.size).toBeGreaterThan(90)
    rig.engine.resume(id, 'pat')
    rig.clock.advance(1900)
    expect((await rig.engine.get(id)).state).toBe('run')
    rig.clock.advance(1000)
    expect((await rig.engine.get(id)).state).toBe('done')
  })

  test('that is made slower gets the time it needs instead of a burst at the old deadline', async () => {
    const rig = new EngineRig()
    rig.connect(200)
    const { id } = await rig.drain({ rate: 20 })
    rig.clock.advance(2010)
    rig.engine.patch(id, 1)
    const left = rig.hub.connections.size
    rig.clock.advance(120_000)
    expect((await rig.engine.get(id)).state).toBe('run')
    expect(left - rig.hub.connections.size).toBeLessThanOrEqual(121)
    const { parameters, progress } = await rig.engine.get(id)
    expect(progress.deadlineAt).toBeGreaterThan(progress.etaAt!)
    rig.engine.patch(id, 100)
    expect((await rig.engine.get(id)).parameters.deadlineMs).toBe(parameters.deadlineMs)
  })

  test('of a stop signal keeps its deadline whatever the rate', async () => {
    const rig = new EngineRig()
    rig.connect(100)
    const over = rig.engine.shutdown('SIGTERM')
    rig.clock.advance(2000)
    rig.engine.patch(rig.engine.active()[0]!.id, 0.1)
    rig.clock.advance(23_000)
    expect((await over).state).toBe('done')
  })

  test('shows its stragglers with the reason', async () => {
    const rig = new EngineRig()
    const [deaf, waiting] = rig.connect(2)
    rig.deafen(deaf!)
    deaf!.c.health.heard(deaf!.c.health.heardAtMs - 5000)
    const { id } = await rig.drain({ rate: 0.5 })
    rig.clock.advance(2100)
    const { stragglers } = await rig.engine.get(id)
    expect(stragglers.map(({ id: of, why }) => [of, why])).toEqual([
      [deaf!.c.id, 'does not answer the close frame'],
      [waiting!.c.id, 'waits for its turn'],
    ])
  })

  test('stays done and holds until it is returned to service', async () => {
    const rig = new EngineRig()
    const { id } = await rig.drain()
    expect((await rig.engine.get(id)).state).toBe('done')
    rig.clock.advance(3_600_000)
    expect(rig.nodeState.name).toBe('drained')
    expect(rig.engine.active().map((operation) => operation.id)).toEqual([id])
    rig.engine.returnToService(id)
    expect([rig.nodeState.name, rig.gate.draining, rig.engine.active()]).toEqual(['ready', null, []])
    expect(() => rig.engine.returnToService(id)).toThrow('does not hold')
  })

  test('with onDone serve takes clients again at once', async () => {
    const rig = new EngineRig()
    rig.connect(3)
    const { id } = await rig.drain({ durationMs: 1000, onDone: 'serve' })
    rig.clock.advance(2000)
    expect((await rig.engine.get(id)).state).toBe('done')
    expect([rig.nodeState.name, rig.gate.draining]).toEqual(['ready', null])
  })

  test('refuses orders that its state does not allow', async () => {
    const rig = new EngineRig()
    rig.connect(10)
    const { id } = await rig.drain({ lbWaitMs: 1000 })
    expect(() => rig.engine.pause(id, 'pat')).toThrow('Cannot pause')
    expect(() => rig.engine.resume(id, 'pat')).toThrow('its state is prepare')
    rig.engine.cancel(id, 'pat')
    expect(() => rig.engine.cancel(id, 'pat')).toThrow('its state is cancelled')
    expect(() => rig.engine.pause('nobody', 'pat')).toThrow('no operation nobody')
    await expect(rig.engine.get('nobody')).rejects.toMatchObject({ code: 'operation_not_found', status: 404 })
  })

  test('runs without a store once begun, and the store catches up', async () => {
    const rig = new EngineRig()
    rig.connect(10)
    const plan = await rig.engine.plan(
      { kind: 'drain', reason: 'x', parameters: { lbWaitMs: 0, noticeMs: 0, durationMs: 1000 } },
      'olga',
    )
    rig.operations.isDown = true
    const { id } = await rig.engine.run(plan.planId, 'olga')
    for (let second = 0; second < 3; second++) {
      rig.clock.advance(1000)
      await rig.written()
    }
    expect(rig.hub.connections.size).toBe(0)
    expect(rig.operations.rows.size).toBe(0)
    expect(rig.errors.length).toBeGreaterThan(0)
    rig.operations.isDown = false
    rig.clock.advance(1000)
    await rig.written()
    const row = rig.operations.rows.get(id)
    expect(row?.operation.phases.map((phase) => phase.state)).toEqual(['prepare', 'notify', 'run', 'finish', 'done'])
    expect(await rig.engine.settle(1000)).toBe(true)
  })

  test('stops writing and fails when another process took it over', async () => {
    const rig = new EngineRig()
    rig.connect(10)
    const { id } = await rig.drain({ durationMs: 10_000 })
    await rig.written()
    await rig.operations.claim(id)
    rig.clock.advance(1000)
    await rig.written()
    const { state, failure } = await rig.engine.get(id)
    expect([state, failure]).toEqual(['failed', 'another process took it over'])
    expect(rig.operations.rows.get(id)?.operation.state).not.toBe('failed')
  })
})
