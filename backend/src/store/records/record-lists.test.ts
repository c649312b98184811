import { parseFilter } from '@gatehouse/protocol/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SystemClock } from '../../infra/system-clock.js'
import { openDatabase } from '../database.js'
import { PostgresCloseRecords } from '../postgres/postgres-close-records.js'
import { PostgresRefusals } from '../postgres/postgres-refusals.js'
import type { CloseRecordRepository } from '../repositories/close-record-repository.js'
import type { ListRequest } from '../repositories/list-request.js'
import type { RefusalRepository } from '../repositories/refusal-repository.js'
import { BadListRequest } from '../repositories/store-errors.js'
import type { Store } from '../store.js'
import { variedClose, variedRefusal } from '../testing/test-close.js'
import { RecordBook } from './record-book.js'
import { openTestStore, testStore, until, type TestStore } from '../testing/test-store.js'

const count = 400
const now = Date.now()
let written: TestStore
/** Another process on the same tables: it has nothing in memory. */
let fresh: Store
/** The same records in memory only, over empty tables: nothing is ever written. */
let remembering: { closeRecords: CloseRecordRepository; refusals: RefusalRepository; close(): Promise<void> }

beforeAll(async () => {
  written = await testStore()
  await written.store.start()
  const never = () => Promise.withResolvers<void>().promise
  const tables = { insertCloses: never, insertRefusals: never, setSuccessors: never }
  const clock = new SystemClock()
  const unwritten = new RecordBook({ tables, clock, health: written.store.health, nodeId: 'n1', drainMs: 0 })
  for (const records of [written.store.records, unwritten]) {
    for (let i = 0; i < count; i++) records.closed(variedClose(i, now))
    for (let i = 0; i < 90; i++) records.refused(variedRefusal(i, now))
  }
  const empty = await testStore()
  const log = { warn: () => undefined, error: () => undefined }
  const database = await openDatabase({ connection: empty.connection, nodeId: 'n2', isSoleNode: false, log })
  remembering = {
    closeRecords: new PostgresCloseRecords(database.db, clock, unwritten),
    refusals: new PostgresRefusals(database.db, clock, unwritten),
    close: async () => {
      await database.close()
      await empty.close()
    },
  }
  await until('the records to be written', () => written.store.records.waiting() === 0)
  fresh = await openTestStore(written.connection, written.dataDir)
})
afterAll(async () => {
  await fresh.stop()
  await written.close()
  await remembering.close()
})

function request(filter: string, more: Partial<ListRequest> = {}): ListRequest {
  const parsed = parseFilter(filter)
  if (parsed.fault !== undefined) throw new Error(parsed.fault)
  return { tokens: parsed.tokens, limit: 50, ...more }
}

async function allIds(
  list: (
    request: ListRequest,
  ) => Promise<{ items: { id: string }[]; next?: string | undefined; total?: number | undefined }>,
  first: ListRequest,
) {
  const ids: string[] = []
  let cursor: string | undefined
  let total: number | undefined
  do {
    const page = await list({ ...first, cursor })
    ids.push(...page.items.map(({ id }) => id))
    total ??= page.total
    expect(page.total).toBe(total)
    cursor = page.next
  } while (cursor !== undefined)
  return { ids, total }
}

const closeFilters = [
  '',
  'reason:kicked,drain',
  '-reason:client_close',
  'initiator:operator',
  'initiator:nobody',
  'user:user3',
  'user:user*',
  '-user:user1,user2',
  'code:4001',
  'code:>4000',
  '-code:>0',
  'client:web',
  'client:"node sdk"',
  'ip:10.0.0.0/16',
  'ip:10.0.2.2',
  'ip:2001:db8:1::5',
  '-ip:10.0.0.0/8',
  'room:chat:1',
  'room:chat:*',
  '-room:news',
  `since:${now - 20_500}`,
  `before:${now - 30_500} since:2h`,
  'operation:op1',
  'actor:ada',
  'id:c0001*',
  'duration:>5s',
  'pending:>40k reason:ping_timeout',
  'web',
  'text:user6 -reason:kicked',
]

describe('a list of close records', () => {
  it.each(closeFilters)('finds by "%s" the same in memory, in the table and in both', async (filter) => {
    const wanted = request(filter)
    const both = await allIds((r) => written.store.closeRecords.list(r), wanted)
    const table = await allIds((r) => fresh.closeRecords.list(r), wanted)
    const memory = await allIds((r) => remembering.closeRecords.list(r), wanted)
    expect(table).toEqual(both)
    expect(memory).toEqual(both)
    expect(both.ids).toHaveLength(both.total ?? -1)
    expect(new Set(both.ids).size).toBe(both.ids.length)
  })

  it.each(['closedAt', '-closedAt', 'durationMs', '-durationMs', 'pendingBytes', '-pendingBytes'])(
    'pages through every record once by %s',
    async (sort) => {
      const wanted = request('', { sort, limit: 37 })
      const both = await allIds((r) => written.store.closeRecords.list(r), wanted)
      expect(both.ids).toHaveLength(count)
      expect((await allIds((r) => fresh.closeRecords.list(r), wanted)).ids).toEqual(both.ids)
      expect((await allIds((r) => remembering.closeRecords.list(r), wanted)).ids).toEqual(both.ids)
    },
  )

  it('counts all matches by reason and initiator', async () => {
    const page = await written.store.closeRecords.list(request('user:user*', { limit: 1 }))
    const sum = Object.values(page.facets?.['reason'] ?? {}).reduce((all, n) => all + n, 0)
    expect(sum).toBe(page.total)
    expect(Object.keys(page.facets?.['initiator'] ?? {}).sort()).toEqual(['client', 'network', 'operator', 'policy'])
    expect((await fresh.closeRecords.list(request('user:user*', { limit: 1 }))).facets).toEqual(page.facets)
    expect(page.partial).toBe(false)
  })

  it('explains each record with a sentence and a cure, and returns a single one with its timeline', async () => {
    const id = 'c00001'
    const inMemory = await written.store.closeRecords.find(id)
    expect(inMemory?.sentence).toContain('ada')
    expect(inMemory?.cure).not.toBe('')
    expect(inMemory?.timeline).toHaveLength(1)
    expect(await fresh.closeRecords.find(id)).toEqual(inMemory)
    expect(await fresh.closeRecords.find('nobody')).toBeUndefined()
    const [listed] = (await fresh.closeRecords.list(request(`id:${id}`))).items
    const { timeline: _, ...record } = inMemory ?? { timeline: [] }
    expect(listed).toEqual(record)
  })

  it.each(['shoe:1', 'since:yesterday', 'ip:10.0.*', 'code:many', 'user:>3', 'duration:long'])(
    'refuses "%s" with a message',
    async (filter) => {
      await expect(written.store.closeRecords.list(request(filter))).rejects.toThrow(BadListRequest)
    },
  )
})

describe('a list of refusals', () => {
  it.each([
    '',
    'reason:banned',
    'status:403',
    'status:>402',
    '-status:>0',
    'ip:10.0.1.0/24',
    'origin:https://0.example',
    'user:user*',
    `since:${now - 20_500}`,
    `before:${now - 20_500} since:2h`,
    'bad_token',
  ])('finds by "%s" the same in memory, in the table and in both', async (filter) => {
    const wanted = request(filter, { limit: 20 })
    const both = await allIds((r) => written.store.refusals.list(r), wanted)
    expect(await allIds((r) => fresh.refusals.list(r), wanted)).toEqual(both)
    expect(await allIds((r) => remembering.refusals.list(r), wanted)).toEqual(both)
    expect(both.ids).toHaveLength(both.total ?? -1)
  })

  it('returns a single one by its id', async () => {
    const found = await written.store.refusals.find('r00001')
    expect(found?.sentence).not.toBe('')
    expect(await fresh.refusals.find('r00001')).toEqual(found)
  })
})
