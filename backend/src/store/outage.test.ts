import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedPostgres } from './embedded/embedded-postgres.js'
import { testServer } from './embedded/testing.js'
import type { AuditEntry } from './repositories/audit-log.js'
import { StoreUnavailable } from './repositories/store-errors.js'
import { AUDIT_SPOOL_FILE, type Store } from './store.js'
import { testClose, testRefusal } from './testing/test-close.js'
import { testPoint } from './testing/test-point.js'
import { openTestStore, until } from './testing/test-store.js'

let server: EmbeddedPostgres
let dataDir: string
let store: Store
const rejections: unknown[] = []
const noteRejection = (reason: unknown): void => void rejections.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', noteRejection)
  server = await testServer()
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-outage-'))
  store = await openTestStore(server.connection, dataDir)
  await store.start()
})
afterAll(async () => {
  await store.stop()
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
  process.off('unhandledRejection', noteRejection)
})

const entry = (action: string): AuditEntry => ({
  actor: 'ada',
  actorKind: 'operator',
  action,
  target: null,
  outcome: 'ok',
  address: null,
  requestId: null,
  detail: {},
})

/** Freezes the server without ending it, like a machine that swaps or a network that drops packets. */
function freeze(): () => void {
  const pid = server.postmasterPid
  if (pid === undefined) throw new Error('the server is not up')
  const pids = [pid, ...childrenOf(pid)]
  for (const one of pids) process.kill(one, 'SIGSTOP')
  return () => {
    for (const one of pids.toReversed()) process.kill(one, 'SIGCONT')
  }
}

function childrenOf(pid: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='])
    .toString()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child as number)
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** The newest actions, oldest first. */
const actions = async (): Promise<string[]> =>
  (await store.audit.list({ tokens: [], limit: 500 })).items.map(({ action }) => action).toReversed()

describe('while PostgreSQL hangs', () => {
  it('every call ends in time, with StoreUnavailable if it cannot be answered, and everything recovers', async () => {
    await store.bans.create({
      kind: 'user',
      value: 'mallory',
      reason: 'spam',
      message: null,
      by: 'ada',
      expiresAt: null,
    })
    await store.banCache.refresh()
    await store.operators.create({ name: 'ada', role: 'admin', rooms: [], passwordHash: 'h' })
    await store.signIns.create('secret', { operator: 'ada', address: null, userAgent: null })
    await store.signIns.use('secret')
    await store.audit.append(entry('before'))
    const thaw = freeze()
    try {
      const calls: (() => Promise<unknown>)[] = [
        () => expect(store.bans.count()).rejects.toThrow(StoreUnavailable),
        () =>
          expect(
            store.roomStates.close('r', { reason: 'x', message: null, by: 'ada', at: 1, reopensAt: null }),
          ).rejects.toThrow(StoreUnavailable),
        () => expect(store.operators.change('ada', { disabled: true })).rejects.toThrow(StoreUnavailable),
        () => expect(store.audit.append(entry('while.hanging'))).resolves.toEqual({ audited: false }),
        () =>
          expect(store.closeRecords.list({ tokens: [], limit: 5 })).resolves.toMatchObject({
            partial: true,
            items: [],
          }),
        async () => {
          const verdicts = await Promise.all([1, 2, 3].map(() => store.idempotency.begin('a', 'k', 'f')))
          expect(verdicts.map(({ kind }) => kind)).toEqual(['new', 'running', 'running'])
        },
      ]
      for (const ms of await Promise.all(calls.map(took))) expect(ms).toBeLessThan(5_500)
      // The store now counts as down, so the next action does not wait.
      expect(await took(() => store.audit.append(entry('while.still.hanging')))).toBeLessThan(500)
      await until('the store to count as down', () => !store.health.state().isUp)
      expect(store.banCache.user('mallory')).toBeDefined()
      expect(store.banCache.ageMs()).toBeGreaterThan(2_000)
      expect((await store.signIns.use('secret'))?.operator.name).toBe('ada')
    } finally {
      thaw()
    }
    await until('the store to be up', () => store.health.state().isUp)
    await until('the bans to be fresh', () => store.banCache.ageMs() < 1_000)
    await until('the entries to be in the table', () => store.audit.waiting() === 0)
    expect(await actions()).toEqual(['before', 'while.hanging', 'while.still.hanging'])
  })
})

describe('when PostgreSQL is killed', () => {
  it('audit entries keep their order, records drain, bans hold and age, and everything recovers', async () => {
    const known = await actions()
    const pid = server.postmasterPid
    const ups: number[] = []
    server.onUp(() => ups.push(performance.now()))
    const done: Promise<{ audited: boolean }>[] = []
    process.kill(pid ?? 0, 'SIGKILL')
    for (let i = 0; ups.length === 0 || i < 200; i++) {
      done.push(store.audit.append(entry(`act.${i}`)))
      store.records.closed(testClose({ id: `k${i}` }))
      store.records.refused(testRefusal({ id: `kr${i}` }))
      store.stats.record(testPoint({ at: Math.floor(Date.now() / 1_000) * 1_000 + i * 1_000, closes: 1 }))
      if (i % 10 === 0) {
        const page = await store.closeRecords.list({
          tokens: [{ field: 'id', op: '=', values: [`k${i}`], negated: false }],
          limit: 5,
        })
        expect(page.items).toHaveLength(1)
        expect(store.banCache.user('mallory')).toBeDefined()
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    const receipts = await Promise.all(done)
    expect(receipts.some(({ audited }) => !audited)).toBe(true)
    await until('the store to be up', () => store.health.state().isUp)
    await until('the audit file to be empty', () => store.audit.waiting() === 0)
    await until('the records to be written', () => store.records.waiting() === 0)
    expect(store.records.dropped()).toBe(0)
    expect(store.audit.lost()).toBe(0)
    expect(await store.audit.verify()).toMatchObject({ rows: known.length + done.length, intact: true })
    const last = await store.audit.list({ tokens: [], limit: 500 })
    const numbers = last.items
      .map(({ action }) => action)
      .filter((action) => action.startsWith('act.'))
      .map((action) => Number(action.slice(4)))
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a))
    const other = await openTestStore(server.connection, join(dataDir, 'none'))
    const page = await other.closeRecords.list({ tokens: [], limit: 1 })
    expect(page.total).toBe(done.length)
    await other.stop()
    await store.banCache.refresh()
    expect(store.banCache.ageMs()).toBeLessThan(1_000)
  })

  it('entries in the local file survive the process and are written before newer ones', async () => {
    const thaw = freeze()
    try {
      await store.audit.append(entry('old.1'))
      await store.audit.append(entry('old.2'))
      await store.stop()
      expect(statSync(join(dataDir, AUDIT_SPOOL_FILE)).size).toBeGreaterThan(0)
    } finally {
      thaw()
    }
    store = await openTestStore(server.connection, dataDir)
    await store.start()
    await store.audit.append(entry('new'))
    await until('the file to be empty', () => store.audit.waiting() === 0)
    expect((await actions()).slice(-3)).toEqual(['old.1', 'old.2', 'new'])
    expect((await store.audit.verify()).intact).toBe(true)
  })

  it('leaves no unhandled rejection', () => {
    expect(rejections).toEqual([])
  })
})
