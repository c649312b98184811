import { createServer } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StartRefusal } from '../config/start-refusal.js'
import { openDatabase, type DatabaseOptions } from './database.js'
import { testDatabase, type TestDatabase } from './embedded/testing.js'
import { checkSession, type SessionClient } from './postgres/session-check.js'
import { until } from './testing/test-store.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

const errors: string[] = []
function options(said: Partial<DatabaseOptions> = {}): DatabaseOptions {
  const log = { warn: () => undefined, error: (message: string) => void errors.push(message) }
  return { connection: database.connection, nodeId: 'n1', isSoleNode: false, log, ...said }
}

async function admin<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...database.connection })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

describe('opening the database', () => {
  it('brings the tables up to date once, even if several nodes start at the same time', async () => {
    const opened = await Promise.all([1, 2, 3].map((i) => openDatabase(options({ nodeId: `n${i}` }))))
    for (const one of opened) await one.close()
    const rows = await admin((client) => client.query('SELECT name FROM gatehouse.migrations ORDER BY name'))
    expect(rows.rowCount).toBe(7)
  })

  it('refuses a second node while the sole node runs, names that node, and lets the second in afterwards', async () => {
    const first = await openDatabase(options({ isSoleNode: true, nodeId: 'first' }))
    await expect(openDatabase(options({ isSoleNode: true, nodeId: 'second' }))).rejects.toThrow(
      /another node uses \(gatehouse first, .*a database can serve only one node/,
    )
    await first.close()
    await (await openDatabase(options({ isSoleNode: true }))).close()
  })

  it('takes the lock again when its connection was cut', async () => {
    const first = await openDatabase(options({ isSoleNode: true, nodeId: 'first' }))
    const holders = () =>
      admin(async (client) => {
        const { rows } = await client.query<{ pid: number }>(
          `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted`,
        )
        return rows.map(({ pid }) => pid)
      })
    const [before] = await holders()
    await admin((client) => client.query('SELECT pg_terminate_backend($1)', [before]))
    await until('the lock to be held again', async () => (await holders()).some((pid) => pid !== before))
    expect(await holders()).toHaveLength(1)
    await first.close()
  })

  it('refuses tables of a newer version', async () => {
    await admin((client) => client.query(`INSERT INTO gatehouse.migrations VALUES ('9999-later', 'now')`))
    await expect(openDatabase(options())).rejects.toThrow(/newer version of Gatehouse/)
    await admin((client) => client.query(`DELETE FROM gatehouse.migrations WHERE name = '9999-later'`))
  })

  it('says in one line, without the password, which server it cannot reach', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const failure = openDatabase(options({ connection: `postgres://ada:hunter2@127.0.0.1:${port}/gate` }))
    await expect(failure).rejects.toThrow(StartRefusal)
    await expect(failure).rejects.toThrow(new RegExp(`DATABASE_URL \\(127.0.0.1:${port}/gate\\)`))
    await expect(failure).rejects.not.toThrow(/hunter2|\n/)
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('the session check', () => {
  const session = (pid: () => number): SessionClient => ({
    query: async (text) => ({ rows: text.startsWith('SELECT') ? [{ pid: pid() }] : [] }),
  })

  it('accepts two connections with server processes of their own', async () => {
    await expect(
      checkSession(
        session(() => 1),
        session(() => 2),
      ),
    ).resolves.toBeUndefined()
  })

  it.each([
    ['both show one server process', session(() => 1), session(() => 1)],
    [
      'one changes its server process',
      session(
        (() => {
          let pid = 0
          return () => ++pid
        })(),
      ),
      session(() => 9),
    ],
  ])('refuses a pooler under which %s', async (_, first, second) => {
    await expect(checkSession(first, second)).rejects.toThrow(/transaction mode.*pool_mode=session/)
  })
})
