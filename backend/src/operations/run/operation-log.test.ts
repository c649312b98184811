import type { OperationDetail } from '@gatehouse/protocol/rest'
import { expect, test } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import type { StoredPlan } from '../../store/repositories/plan-repository.js'
import { OperationLog } from './operation-log.js'
import { MemoryOperations } from '../testing/memory-operations.js'

const operation = (id: string): OperationDetail => ({ id, node: 'node-1' }) as OperationDetail
const plan = { ids: [] } as unknown as StoredPlan

function logged() {
  const clock = new ManualClock()
  const operations = new MemoryOperations()
  const fenced: string[] = []
  const log = new OperationLog({
    clock,
    operations,
    onFenced: (id) => fenced.push(id),
    onError: () => undefined,
  })
  return { clock, operations, fenced, log }
}

test('an operation is followed until its last state is written, and no longer', async () => {
  const { log, operations } = logged()
  log.follow('o1', plan, null)
  log.write('o1', operation('o1'), null, false)
  await log.settle(1000)
  expect(log.follows('o1')).toBe(true)
  log.write('o1', operation('o1'), 'last', true)
  await log.settle(1000)
  expect(log.follows('o1')).toBe(false)
  expect(operations.rows.get('o1')?.cursor).toBe('last')
})

test('a last state that waits for the store keeps its operation followed', async () => {
  const { log, operations, clock } = logged()
  operations.isDown = true
  log.follow('o1', plan, null)
  log.write('o1', operation('o1'), 'last', true)
  await Promise.resolve()
  await Promise.resolve()
  expect(log.follows('o1')).toBe(true)
  operations.isDown = false
  const settled = log.settle(5000)
  clock.advance(1000)
  expect(await settled).toBe(true)
  expect(log.follows('o1')).toBe(false)
})
