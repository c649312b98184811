import type { OperationState } from '@gatehouse/protocol/rest'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EngineRig } from '../testing/engine-rig.js'

const endless = { limit: 100, tokens: [] }

/** Brings a drain of 20 connections into a state and leaves it there, as a kill would. */
async function killedIn(state: OperationState, onDone: 'hold' | 'serve'): Promise<{ rig: EngineRig; id: string }> {
  const rig = new EngineRig()
  for (const client of rig.connect(20)) rig.deafen(client)
  const { id } = await rig.drain({ lbWaitMs: 1000, noticeMs: 1000, rate: 10, onDone })
  const waits: Partial<Record<OperationState, number>> = {
    prepare: 0,
    notify: 1500,
    run: 2500,
    pause: 2500,
    finish: 4500,
    done: 60_000,
    cancelled: 2500,
  }
  rig.clock.advance(waits[state] ?? 0)
  if (state === 'pause') rig.engine.pause(id, 'pat')
  if (state === 'cancelled') rig.engine.cancel(id, 'pat')
  expect((await rig.engine.get(id)).state).toBe(state)
  await rig.written()
  return { rig, id }
}

describe('after a kill', () => {
  test.each(['prepare', 'notify', 'run', 'pause', 'finish', 'done'] as const)(
    'in %s an operator’s drain that holds is in force again, with balanced books',
    async (state) => {
      const { rig, id } = await killedIn(state, 'hold')
      const next = new EngineRig({ operations: rig.operations })
      await next.engine.restore()
      expect([next.nodeState.name, next.nodeState.operation]).toEqual(['drained', id])
      expect(next.gate.draining).not.toBeNull()
      const { state: now, holds, progress } = await next.engine.get(id)
      const { migratedEarly, closedClean, forced, leftOnTheirOwn, remaining } = progress.buckets
      expect([now, holds, remaining]).toEqual(['done', true, 0])
      expect(migratedEarly + closedClean + forced + leftOnTheirOwn).toBe(progress.initial + progress.late)
      expect(next.engine.active().map((operation) => operation.id)).toEqual([id])
      next.engine.returnToService(id)
      await next.written()
      expect(next.nodeState.name).toBe('ready')
      const third = new EngineRig({ operations: rig.operations })
      await third.engine.restore()
      expect(third.nodeState.name).toBe('ready')
    },
  )

  test.each(['prepare', 'notify', 'run', 'pause', 'finish'] as const)(
    'in %s a drain that was not to hold has failed and the node serves',
    async (state) => {
      const { rig, id } = await killedIn(state, 'serve')
      const next = new EngineRig({ operations: rig.operations })
      await next.engine.restore()
      expect(next.nodeState.name).toBe('ready')
      expect(await next.engine.get(id)).toMatchObject({ state: 'failed', failure: 'node restarted' })
    },
  )

  test('nothing is left of an operation that had ended', async () => {
    const { rig } = await killedIn('cancelled', 'hold')
    const next = new EngineRig({ operations: rig.operations })
    await next.engine.restore()
    expect([next.nodeState.name, next.engine.active()]).toEqual(['ready', []])
  })

  test('a shutdown’s drain dies with its process', async () => {
    const rig = new EngineRig()
    rig.connect(5)
    void rig.engine.shutdown('SIGTERM')
    rig.clock.advance(2000)
    await rig.written()
    const next = new EngineRig({ operations: rig.operations })
    await next.engine.restore()
    expect(next.nodeState.name).toBe('ready')
    expect((await next.engine.list(endless)).items[0]).toMatchObject({ state: 'failed', failure: 'node restarted' })
  })

  test('the supervisor settles it as a restart does', async () => {
    const { rig, id } = await killedIn('run', 'serve')
    const next = new EngineRig({ operations: rig.operations })
    expect(await next.engine.tend(id)).toBe('over')
    expect(await next.engine.tend(id)).toBe('over')
    expect((await next.engine.get(id)).state).toBe('failed')
    expect(await next.engine.tend('unknown')).toBe('over')
  })

  test('the old process can write no more', async () => {
    const { rig, id } = await killedIn('run', 'serve')
    const next = new EngineRig({ operations: rig.operations })
    await next.engine.restore()
    await next.written()
    rig.clock.advance(5000)
    await rig.written()
    expect(rig.operations.rows.get(id)?.operation).toMatchObject({ state: 'failed', failure: 'node restarted' })
  })

  test('an operation that waits for its time still does', async () => {
    const rig = new EngineRig()
    rig.connect(2)
    rig.engine.superviseBy({ follow: async () => undefined })
    const startAt = rig.clock.wallMs() + 60_000
    const { id } = await rig.drain({ durationMs: 1000 }, { startAt })
    const next = new EngineRig({ operations: rig.operations })
    const followed: [string, number | undefined][] = []
    await next.engine.restore()
    next.engine.superviseBy({ follow: async (of, at) => void followed.push([of, at]) })
    expect([next.nodeState.name, followed]).toEqual(['ready', [[id, startAt]]])
    expect(await next.engine.tend(id)).toBe('running')
    next.clock.advance(60_000)
    expect(await next.engine.tend(id)).toBe('over')
    expect((await next.engine.get(id)).state).toBe('done')
  })
})

const successors: Readonly<Record<OperationState, readonly OperationState[]>> = {
  prepare: ['notify', 'finish', 'cancelled'],
  notify: ['run', 'finish', 'cancelled'],
  run: ['pause', 'finish', 'cancelled'],
  pause: ['run', 'finish', 'cancelled'],
  finish: ['done', 'cancelled', 'failed'],
  done: [],
  cancelled: [],
  failed: [],
}

const act = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3000 }) }), weight: 4 },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'pause' as const,
        'resume' as const,
        'finish' as const,
        'cancel' as const,
        'hasten' as const,
      ),
      ms: fc.constant(0),
    }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom('leave' as const, 'cut' as const, 'come' as const, 'kick' as const),
      ms: fc.nat(30),
    }),
    weight: 3,
  },
  { arbitrary: fc.record({ kind: fc.constant('rate' as const), ms: fc.integer({ min: 1, max: 200 }) }), weight: 1 },
)

describe('whatever operators and clients do', () => {
  test('states follow each other as designed and the books balance at every moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
        const rig = new EngineRig()
        rig.connect(30).forEach((client, i) => i % 5 === 0 && rig.deafen(client))
        rig.engine.onChange(({ operation }) => {
          const { progress } = operation
          const { migratedEarly, closedClean, forced, leftOnTheirOwn, remaining } = progress.buckets
          expect(progress.unaccounted).toBe(0)
          expect(migratedEarly + closedClean + forced + leftOnTheirOwn + remaining).toBe(
            progress.initial + progress.late,
          )
        })
        const { id } = await rig.drain({ lbWaitMs: 1000, noticeMs: 1000, rate: 10 })
        const order = (give: () => unknown): void => {
          try {
            give()
          } catch (error) {
            expect(error).toMatchObject({ code: 'not_in_this_state' })
          }
        }
        for (const { kind, ms } of acts) {
          const open = rig.clients.filter(({ c }) => !c.isClosed)
          const client = open[ms % Math.max(1, open.length)]
          if (kind === 'wait') rig.clock.advance(ms)
          else if (kind === 'rate') order(() => rig.engine.patch(id, ms))
          else if (kind === 'hasten') rig.engine.hastenShutdown(2000)
          else if (kind === 'come') {
            if (rig.nodeState.isAccepting) rig.connect(1, 'late')
          } else if (kind === 'leave' || kind === 'cut') {
            if (client !== undefined) rig.leave(client, kind === 'leave' ? 1000 : undefined)
          } else if (kind === 'kick') {
            if (client !== undefined) rig.hub.closer.disconnect(client.c, 'kicked', {})
          } else order(() => rig.engine[kind](id, 'pat'))
        }
        const middle = await rig.engine.get(id)
        if (middle.state === 'pause') rig.engine.resume(id, 'pat')
        rig.clock.advance(120_000)
        const { state, progress } = await rig.engine.get(id)
        expect(['done', 'cancelled']).toContain(state)
        if (state === 'done') expect(progress.buckets.remaining).toBe(0)
        const states = rig.states(id)
        for (const [i, entered] of states.entries()) if (i > 0) expect(successors[states[i - 1]!]).toContain(entered)
        await rig.written()
        expect(rig.operations.rows.get(id)?.operation.phases.map((phase) => phase.state)).toEqual(states)
      }),
      { numRuns: 150 },
    )
  })
})
