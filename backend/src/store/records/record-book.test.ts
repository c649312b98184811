import { afterAll, beforeAll, expect, it } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import { SystemClock } from '../../infra/system-clock.js'
import { StoreHealth } from '../repositories/store-health.js'
import { DAY_MS } from '../postgres/day-partitions.js'
import { testClose, testRefusal } from '../testing/test-close.js'
import { openTestStore, testStore, until, type TestStore } from '../testing/test-store.js'
import { nodeLostRecord } from './node-lost.js'
import { RecordBook } from './record-book.js'

const clock = new SystemClock()
let test: TestStore
beforeAll(async () => {
  test = await testStore()
  await test.store.start()
})
afterAll(() => test.close())

const flushed = () => until('the records to be written', () => test.store.records.waiting() === 0)

it('says which connection continued a session, whichever of the two is reported first', async () => {
  const { records, closeRecords } = test.store
  records.reconnected('before', 'x1')
  records.closed(testClose({ id: 'before' }))
  records.closed(testClose({ id: 'waiting' }))
  records.reconnected('waiting', 'x2')
  records.closed(testClose({ id: 'written' }))
  await flushed()
  records.reconnected('written', 'x3')
  expect((await closeRecords.find('written'))?.reconnectedAs).toBe('x3')
  const other = await openTestStore(test.connection, test.dataDir)
  for (const [id, next] of [
    ['before', 'x1'],
    ['waiting', 'x2'],
    ['written', 'x3'],
  ] as const)
    await until(`${id} to know its successor`, async () => (await other.closeRecords.find(id))?.reconnectedAs === next)
  await other.stop()
})

it('keeps records with texts that a client sent to break the table', async () => {
  const { records } = test.store
  const id = 'evil'
  records.closed(
    testClose({
      id,
      user: 'a\0b\ud800',
      client: { name: '\0', version: '\udfff' },
      rooms: ['r'],
      evidence: { message: 'x\0\ud800y\\u0000' },
    }),
  )
  records.refused(testRefusal({ id: 'evil-r', userAgent: '\0', origin: '"\\', evidence: { path: '\0' } }))
  await flushed()
  expect(records.dropped()).toBe(0)
  const other = await openTestStore(test.connection, test.dataDir)
  expect(await other.closeRecords.find(id)).toMatchObject({
    user: 'a\uFFFDb\uFFFD',
    evidence: { message: 'x\uFFFD\uFFFDy\\u0000' },
  })
  expect((await other.refusals.find('evil-r'))?.userAgent).toBe('\uFFFD')
  await other.stop()
})

it('counts each record once while it is being written', async () => {
  const { records, closeRecords } = test.store
  const tokens = [{ field: 'user', op: '=', values: ['counted'], negated: false }] as const
  for (let i = 1; i <= 60; i++) {
    for (let j = 0; j < 20; j++) records.closed(testClose({ id: `n${i}.${j}`, user: 'counted' }))
    expect((await closeRecords.list({ tokens, limit: 1 })).total).toBe(i * 20)
  }
})

it('stores part of a flood of refusals and counts the rest in those', async () => {
  const { records, refusals } = test.store
  for (let i = 0; i < 2_000; i++)
    records.refused(
      testRefusal({ id: `flood${i}`, reason: 'ip_rate_limit', addressPrefix: `10.0.${i % 3}.0/24`, origin: 'flood' }),
    )
  const tokens = [{ field: 'origin', op: '=', values: ['flood'], negated: false }] as const
  expect((await refusals.list({ tokens, limit: 1 })).total).toBe(2_000)
  const other = await openTestStore(test.connection, test.dataDir)
  let rows = 0
  await until('the counts to be stored', async () => {
    const page = await other.refusals.list({ tokens, limit: 500 })
    rows = page.items.length
    return page.items.reduce((sum, { suppressed }) => sum + suppressed + 1, 0) === 2_000
  })
  expect(rows).toBeLessThanOrEqual(110)
  await other.stop()
})

it('drops whole days after the retention time, and still accepts a late record of such a day', async () => {
  const { records, closeRecords, retention } = test.store
  const old = clock.wallMs() - 9 * DAY_MS
  records.closed(testClose({ id: 'old', closedAt: old }))
  records.closed(testClose({ id: 'new' }))
  await flushed()
  expect(await retention.run()).toEqual({ daysDropped: 1 })
  const other = await openTestStore(test.connection, test.dataDir)
  expect(await other.closeRecords.find('old')).toBeUndefined()
  expect(await other.closeRecords.find('new')).toBeDefined()
  records.closed(testClose({ id: 'late', closedAt: old }))
  await flushed()
  expect(await other.closeRecords.find('late')).toBeDefined()
  expect(await closeRecords.find('late')).toBeDefined()
  await other.stop()
})

it('tells the start after a crash how many connections were lost', async () => {
  const { nodes } = test.store
  expect(await nodes.started('n9', 1_000, '0.1.0')).toBeUndefined()
  const books = { open: 7 } as Parameters<typeof nodes.heartbeat>[0]['books']
  await nodes.heartbeat({ node: 'n9', at: 5_000, open: 7, books })
  const life = await nodes.started('n9', 9_000, '0.1.0')
  expect(life).toEqual({ node: 'n9', startedAt: 1_000, at: 5_000, open: 7, books })
  const record = life === undefined ? undefined : nodeLostRecord(life, 'lost1')
  expect(record).toMatchObject({
    reason: 'node_lost',
    count: 7,
    connectedAt: 5_000,
    closedAt: 5_000,
    evidence: { count: 7 },
  })
  await nodes.heartbeat({ node: 'n9', at: 9_500, open: 3, books })
  await nodes.stopped('n9', 9_900)
  expect(await nodes.started('n9', 9_999, '0.1.0')).toBeUndefined()
})

it('keeps no more than the ring if nothing can be written, and counts what it drops', () => {
  const down = new (class extends StoreHealth {
    override state() {
      return { isUp: false, since: 0 }
    }
    override onChange() {
      return () => undefined
    }
  })()
  const never = () => Promise.withResolvers<void>().promise
  const tables = { insertCloses: never, insertRefusals: never, setSuccessors: never }
  const book = new RecordBook({
    tables,
    clock: new ManualClock(),
    health: down,
    nodeId: 'n1',
    drainMs: 0,
    ringSize: 100,
    mostWaiting: 300,
  })
  for (let i = 0; i < 1_000; i++) book.closed(testClose({ id: `c${i}` }))
  expect(book.waiting() + book.dropped()).toBe(1_000)
  expect(book.waiting()).toBeLessThanOrEqual(300)
  const kept = book.closes.snapshot().map(({ id }) => id)
  expect(kept.slice(-100)).toEqual(Array.from({ length: 100 }, (_, i) => `c${900 + i}`))
  expect(kept.length).toBe(book.waiting())
})
