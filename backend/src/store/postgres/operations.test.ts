import type { OperationDetail, Plan } from '@gatehouse/protocol/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ShiftedClock, openTestStore, testStore, type TestStore } from '../testing/test-store.js'

const clock = new ShiftedClock()
let test: TestStore
beforeAll(async () => {
  test = await testStore(clock)
})
afterAll(() => test.close())

function plan(planId: string, expiresAt = clock.wallMs() + 60_000) {
  return { plan: { planId, expiresAt } as Plan, ids: ['c1', 'c2'], by: 'ada' }
}

function operation(id: string, said: Partial<OperationDetail> = {}): OperationDetail {
  return {
    id,
    kind: 'drain',
    state: 'run',
    node: 'n1',
    target: {},
    parameters: {},
    reason: 'update',
    by: 'ada',
    createdAt: 1_000,
    startedAt: 1_000,
    endedAt: null,
    phases: [],
    plan: { planId: 'p', blast: {}, estimate: {} } as unknown as OperationDetail['plan'],
    progress: {} as OperationDetail['progress'],
    failure: null,
    holds: false,
    burnDown: [],
    stragglers: [],
    codes: { 1012: 3 },
    ...said,
  }
}

describe('operations', () => {
  it('are created once, and saved only by their last claimant', async () => {
    const { operations } = test.store
    await operations.create({ operation: operation('o1'), plan: plan('p1'), cursor: { at: 1 } })
    await operations.create({ operation: operation('o1', { by: 'eve' }), plan: plan('p2'), cursor: null })
    expect(await operations.find('o1')).toMatchObject({
      epoch: 1,
      operation: { by: 'ada' },
      plan: { ids: ['c1', 'c2'] },
      cursor: { at: 1 },
    })
    const claimed = await operations.claim('o1')
    expect(claimed?.epoch).toBe(2)
    const done = operation('o1', { state: 'done', endedAt: 2_000 })
    expect(await operations.save('o1', 1, { operation: operation('o1', { state: 'failed' }), cursor: null })).toBe(
      false,
    )
    expect(await operations.save('o1', 2, { operation: done, cursor: null })).toBe(true)
    expect((await operations.find('o1'))?.operation).toEqual(done)
    expect(await operations.claim('nobody')).toBeUndefined()
  })

  it('that still run or hold the node are found at its next start', async () => {
    const { operations } = test.store
    await operations.create({ operation: operation('o2', { createdAt: 2_000 }), plan: plan('p'), cursor: null })
    await operations.create({
      operation: operation('o3', { createdAt: 1_500, endedAt: 1_800, state: 'done', holds: true }),
      plan: plan('p'),
      cursor: null,
    })
    await operations.create({ operation: operation('o4', { node: 'n2' }), plan: plan('p'), cursor: null })
    expect((await operations.unfinished('n1')).map((row) => row.operation.id)).toEqual(['o3', 'o2'])
  })

  it('are listed newest first without their burn-down, and appear as marks on the charts', async () => {
    const { operations } = test.store
    const page = await operations.list({
      tokens: [{ field: 'state', op: '=', values: ['run'], negated: false }],
      limit: 1,
    })
    expect(page).toMatchObject({ total: 2, items: [{ id: 'o2' }] })
    expect(page.items[0]).not.toHaveProperty('burnDown')
    const next = await operations.list({
      tokens: [{ field: 'state', op: '=', values: ['run'], negated: false }],
      limit: 1,
      cursor: page.next,
    })
    expect(next.items.map(({ id }) => id)).toEqual(['o4'])
    expect(next.next).toBeUndefined()
    expect((await operations.marks(1_900, 5_000)).map(({ operation }) => operation)).toEqual(['o1', 'o2', 'o4'])
    expect(await operations.marks(0, 900)).toEqual([])
  })
})

describe('plans', () => {
  it('are known on every node until they expire', async () => {
    const { plans } = test.store
    await plans.save(plan('p1'))
    const other = await openTestStore(test.connection, test.dataDir, clock)
    expect(await plans.find('p1')).toMatchObject({ ids: ['c1', 'c2'] })
    expect(await other.plans.find('p1')).toMatchObject({ ids: ['c1', 'c2'] })
    clock.shift(61_000)
    expect(await plans.find('p1')).toBeUndefined()
    expect(await other.plans.find('p1')).toBeUndefined()
    await other.stop()
  })
})

describe('idempotency keys', () => {
  it('let the first request run and give all others its answer', async () => {
    const { idempotency } = test.store
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => idempotency.begin('key:1', 'k1', 'f1')))
    expect(verdicts.map(({ kind }) => kind).sort()).toEqual(['new', 'running', 'running', 'running', 'running'])
    expect(await idempotency.begin('key:1', 'k1', 'other')).toEqual({ kind: 'mismatch' })
    expect(await idempotency.begin('key:2', 'k1', 'f1')).toEqual({ kind: 'new' })
    await idempotency.finish('key:1', 'k1', { status: 202, body: { id: 'o1' } })
    const other = await openTestStore(test.connection, test.dataDir, clock)
    for (const repository of [idempotency, other.idempotency])
      expect(await repository.begin('key:1', 'k1', 'f1')).toEqual({
        kind: 'answered',
        answer: { status: 202, body: { id: 'o1' } },
      })
    expect(await other.idempotency.begin('key:1', 'k1', 'other')).toEqual({ kind: 'mismatch' })
    await other.stop()
  })

  it('are free again after the action failed, after its node died, and after a day', async () => {
    const { idempotency } = test.store
    await idempotency.begin('a', 'failed', 'f')
    await idempotency.forget('a', 'failed')
    expect(await idempotency.begin('a', 'failed', 'f')).toEqual({ kind: 'new' })
    await idempotency.begin('a', 'died', 'f')
    await idempotency.begin('a', 'kept', 'f')
    await idempotency.finish('a', 'kept', { status: 200, body: null })
    clock.shift(61_000)
    expect(await idempotency.begin('a', 'died', 'f')).toEqual({ kind: 'new' })
    expect((await idempotency.begin('a', 'kept', 'f')).kind).toBe('answered')
    clock.shift(24 * 3_600_000)
    expect(await idempotency.begin('a', 'kept', 'g')).toEqual({ kind: 'new' })
  })
})
