import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../repositories/audit-log.js'
import { AUDIT_SPOOL_FILE } from '../store.js'
import { testStore, type TestStore } from '../testing/test-store.js'

let test: TestStore
let admin: Client
beforeEach(async () => {
  test = await testStore()
  await test.store.start()
  admin = new Client({ ...test.connection })
  await admin.connect()
})
afterEach(async () => {
  await admin.end()
  await test.close()
})

const entry = (action: string, detail: Record<string, unknown> = {}): AuditEntry => ({
  actor: 'ada',
  actorKind: 'operator',
  action,
  target: 'c1',
  outcome: 'ok',
  address: '127.0.0.1',
  requestId: 'r1',
  detail,
})

async function tamper(statement: string): Promise<void> {
  const table = 'ALTER TABLE gatehouse.audit'
  await admin.query(`BEGIN; ${table} DISABLE TRIGGER USER; ${statement}; ${table} ENABLE TRIGGER USER; COMMIT`)
}

describe('the audit chain', () => {
  it('is intact after many concurrent appends, in the order they were appended', async () => {
    const receipts = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        test.store.audit.append(entry(`did.${i}`, { z: 1.5, a: { y: null, b: i } })),
      ),
    )
    expect(receipts.every(({ audited }) => audited)).toBe(true)
    const check = await test.store.audit.verify()
    expect(check).toMatchObject({ rows: 300, intact: true, brokenAt: null })
    const page = await test.store.audit.list({ tokens: [], sort: 'seq', limit: 300 })
    expect(page.items.map(({ seq, action }) => [seq, action])).toEqual(
      Array.from({ length: 300 }, (_, i) => [i + 1, `did.${i}`]),
    )
    expect(check.head).toBe(page.items.at(-1)?.hash)
  })

  it('is intact when it is empty', async () => {
    expect(await test.store.audit.verify()).toEqual({ rows: 0, intact: true, brokenAt: null, head: null })
  })

  it.each(['UPDATE gatehouse.audit SET actor = $$eve$$', 'DELETE FROM gatehouse.audit', 'TRUNCATE gatehouse.audit'])(
    'refuses %s even from the owner of the tables',
    async (statement) => {
      await test.store.audit.append(entry('did'))
      await expect(admin.query(statement)).rejects.toThrow(/only takes new rows/)
    },
  )

  it.each([
    ['a changed text', `UPDATE gatehouse.audit SET actor = 'eve' WHERE seq = 4`, 4],
    ['a changed detail', `UPDATE gatehouse.audit SET detail = '{"n":5}' WHERE seq = 7`, 7],
    ['a missing row', 'DELETE FROM gatehouse.audit WHERE seq = 5', 5],
    ['a missing first row', 'DELETE FROM gatehouse.audit WHERE seq = 1', 1],
    ['a missing end', 'DELETE FROM gatehouse.audit WHERE seq >= 9', 9],
    [
      'two swapped rows',
      'UPDATE gatehouse.audit SET seq = CASE seq WHEN 3 THEN 1004 ELSE 1003 END WHERE seq IN (3, 4); UPDATE gatehouse.audit SET seq = seq - 1000 WHERE seq > 1000',
      3,
    ],
  ])('finds %s', async (_, statement, brokenAt) => {
    for (let i = 1; i <= 10; i++) await test.store.audit.append(entry('did', { n: i }))
    await tamper(statement)
    expect(await test.store.audit.verify()).toMatchObject({ intact: false, brokenAt })
  })

  it('accepts texts that PostgreSQL cannot store', async () => {
    await test.store.audit.append({ ...entry('did', { text: 'a\0b\ud800', 'k\0': ['\udfff'] }), target: 'x\0y' })
    expect((await test.store.audit.verify()).intact).toBe(true)
    expect((await test.store.audit.list({ tokens: [], limit: 1 })).items[0]?.target).toBe('x\uFFFDy')
  })

  it('reports an entry that PostgreSQL refuses as not audited, and keeps the others', async () => {
    await admin.query(`ALTER TABLE gatehouse.audit ADD CHECK (action <> 'unwelcome')`)
    expect(await test.store.audit.append(entry('unwelcome'))).toEqual({ audited: false })
    const together = ['one', 'unwelcome', 'two'].map((action) => test.store.audit.append(entry(action)))
    expect(await Promise.all(together)).toEqual([{ audited: true }, { audited: false }, { audited: true }])
    expect(test.store.audit.lost()).toBe(2)
    await expect
      .poll(async () => (await test.store.audit.list({ tokens: [], limit: 9 })).items.map(({ action }) => action))
      .toEqual(expect.arrayContaining(['one', 'two', 'audit.lost']))
  })

  it('can be filtered by its fields', async () => {
    await test.store.audit.append(entry('room.closed'))
    await test.store.audit.append({ ...entry('connection.disconnected'), actor: 'bob', outcome: 'denied' })
    const tokens = [{ field: 'outcome', op: '=', values: ['denied'], negated: false }] as const
    expect((await test.store.audit.list({ tokens, limit: 5 })).items.map(({ actor }) => actor)).toEqual(['bob'])
    const since = [{ field: 'since', op: '=', values: ['1h'], negated: true }] as const
    expect((await test.store.audit.list({ tokens: since, limit: 5 })).total).toBe(0)
  })
})

describe('the local audit file', () => {
  it('is readable by this account only and empty while PostgreSQL answers', async () => {
    await test.store.audit.append(entry('did'))
    const file = statSync(join(test.dataDir, AUDIT_SPOOL_FILE))
    expect(file.mode & 0o777).toBe(0o600)
    expect(file.size).toBe(0)
  })

  it('skips a partial line after a crash and reports a line that it cannot parse', async () => {
    const path = join(test.dataDir, AUDIT_SPOOL_FILE)
    await test.store.audit.stop()
    expect(existsSync(path)).toBe(true)
    const kept = { ...entry('was.spooled'), entryId: 'e1', at: 1, detail: {} }
    appendFileSync(path, `${JSON.stringify(kept)}\nnot json\n{"entryId":"half`)
    await test.store.audit.start()
    await expect
      .poll(async () => (await test.store.audit.list({ tokens: [], limit: 9 })).items.map(({ action }) => action), {
        timeout: 10_000,
      })
      .toEqual(['audit.lost', 'was.spooled'])
    expect(readFileSync(path, 'utf8')).toBe('')
    expect(test.store.audit.lost()).toBe(1)
    expect((await test.store.audit.verify()).intact).toBe(true)
  })

  it('does not write an entry twice that the table already has', async () => {
    await test.store.audit.append(entry('did'))
    await test.store.audit.stop()
    const { rows } = await admin.query<{ entry_id: string; at: string }>('SELECT entry_id, at FROM gatehouse.audit')
    const again = { ...entry('did'), entryId: rows[0]?.entry_id, at: Number(rows[0]?.at) }
    appendFileSync(join(test.dataDir, AUDIT_SPOOL_FILE), `${JSON.stringify(again)}\n`)
    await test.store.audit.start()
    await expect.poll(() => test.store.audit.waiting(), { timeout: 10_000 }).toBe(0)
    expect(await test.store.audit.verify()).toMatchObject({ rows: 1, intact: true })
  })
})
