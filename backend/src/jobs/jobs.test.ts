import { Client } from 'pg'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { testDatabase, testServer } from '../store/embedded/testing.js'
import type { JobConnection } from './job-connection.js'
import { Jobs } from './jobs.js'
import type { MaintenanceTask } from './maintenance-task.js'

const cleanUps: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** An engine that notes who was tended, and lets a test wait for it. */
class NotingEngine {
  readonly tended: { id: string; at: number }[] = []
  outcome: 'running' | 'over' = 'over'
  readonly #waiting: { id: string; times: number; resolve: (at: number) => void }[] = []

  tend(id: string): Promise<'running' | 'over'> {
    this.tended.push({ id, at: Date.now() })
    for (const waiter of this.#waiting) if (this.#count(waiter.id) >= waiter.times) waiter.resolve(Date.now())
    return Promise.resolve(this.outcome)
  }

  /** Resolves when `id` has been tended `times` times. */
  wasTended(id: string, times = 1): Promise<number> {
    if (this.#count(id) >= times) return Promise.resolve(Date.now())
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#waiting.push({ id, times, resolve })
    return promise
  }

  #count(id: string): number {
    return this.tended.filter((entry) => entry.id === id).length
  }
}

function start(connection: JobConnection, tasks: readonly MaintenanceTask[] = [], tendEveryMs = 50) {
  const engine = new NotingEngine()
  const errors: Error[] = []
  const jobs = new Jobs({ connection, engine, tasks, tendEveryMs, onError: (error) => errors.push(error) })
  cleanUps.push(() => jobs.stop())
  return { engine, jobs, errors, started: jobs.start() }
}

async function freshDatabase(): Promise<JobConnection> {
  const database = await testDatabase()
  cleanUps.push(() => database.close())
  return database.connection
}

async function query<Row extends Record<string, unknown>>(connection: JobConnection, text: string): Promise<Row[]> {
  const client = new Client({ ...connection })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

describe('Jobs', () => {
  test('looks after an operation under its own id until it is over', async () => {
    const connection = await freshDatabase()
    const { engine, jobs, started } = start(connection)
    await started
    engine.outcome = 'running'
    await jobs.follow('op1')
    await engine.wasTended('op1', 3)
    engine.outcome = 'over'
    const rows = await query<{ id: string }>(connection, `SELECT id FROM bullmq.job WHERE queue = 'operations'`)
    expect(rows.map((row) => row.id)).toEqual(['op1'])
  })

  test('begins an operation at its time and not before', async () => {
    const { engine, jobs, started } = start(await freshDatabase())
    await started
    const startAt = Date.now() + 700
    await jobs.follow('timed', startAt)
    expect(await engine.wasTended('timed')).toBeGreaterThanOrEqual(startAt)
  })

  test('follows an operation once, however often it is told to', async () => {
    const connection = await freshDatabase()
    const { engine, jobs, started } = start(connection)
    await started
    await Promise.all([jobs.follow('same'), jobs.follow('same'), jobs.follow('same')])
    await jobs.follow('next')
    await engine.wasTended('next')
    await engine.wasTended('same')
    expect(engine.tended.filter((entry) => entry.id === 'same')).toHaveLength(1)
  })

  test('runs maintenance tasks again and again, also after one failed', async () => {
    let runs = 0
    const { promise: ranThrice, resolve } = Promise.withResolvers<void>()
    const task: MaintenanceTask = {
      name: 'sweep-something',
      everyMs: 100,
      run: async () => {
        runs++
        if (runs === 3) resolve()
        if (runs === 1) throw new Error('the first time fails')
      },
    }
    const { started } = start(await freshDatabase(), [task])
    await started
    await ranThrice
    expect(runs).toBeGreaterThanOrEqual(3)
  })

  test('uses few server connections: two queues and two listening workers', async () => {
    const connection = await freshDatabase()
    const { engine, jobs, started } = start(connection)
    await started
    await jobs.follow('op')
    await engine.wasTended('op')
    const [row] = await query<{ count: string }>(
      connection,
      'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    expect(Number(row?.count)).toBeLessThanOrEqual(6)
  })

  test('starts the next job within 5 s after its listening connections were killed', async () => {
    const connection = await freshDatabase()
    const { engine, jobs, started } = start(connection)
    await started
    await jobs.follow('before')
    await engine.wasTended('before')
    await query(
      connection,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    const killedAt = Date.now()
    await jobs.follow('after')
    expect((await engine.wasTended('after')) - killedAt).toBeLessThan(5000)
  })

  test('starts the next job within 5 s of the return of a killed PostgreSQL, and keeps the orders given meanwhile', async () => {
    const server = await testServer()
    cleanUps.push(() => server.stop())
    // The test server commits lazily; a real one has written what it acknowledged.
    const connection = { ...server.connection, options: '-c synchronous_commit=on' }
    const { engine, jobs, started, errors } = start(connection)
    await started
    await jobs.follow('before')
    await engine.wasTended('before')
    const isUp = new Promise<number>((resolve) => server.onUp(() => resolve(Date.now())))
    process.kill(server.postmasterPid as number, 'SIGKILL')
    await jobs.follow('during')
    const upAt = await isUp
    expect((await engine.wasTended('during')) - upAt).toBeLessThan(5000)
    await jobs.follow('after')
    await engine.wasTended('after')
    const ids = await query<{ id: string }>(
      server.connection,
      `SELECT id FROM bullmq.job WHERE queue = 'operations' ORDER BY id`,
    )
    expect(ids.map((row) => row.id)).toEqual(['after', 'before', 'during'])
    expect(errors.length).toBeGreaterThan(0)
  })

  test('recovers when PostgreSQL is killed just after the queues have begun', async () => {
    const server = await testServer()
    cleanUps.push(() => server.stop())
    const { engine, jobs, started } = start(server.connection)
    await started
    const isUp = new Promise<void>((resolve) => server.onUp(resolve))
    process.kill(server.postmasterPid as number, 'SIGKILL')
    await isUp
    await jobs.follow('after')
    expect(await engine.wasTended('after')).toBeGreaterThan(0)
  })

  test('creates its tables again when they are gone, instead of failing as fast as it can', async () => {
    const connection = await freshDatabase()
    const { engine, jobs, started, errors } = start(connection)
    await started
    await jobs.follow('before')
    await engine.wasTended('before')
    // A worker that holds its tables may be the one PostgreSQL lets through; then the drop is tried again.
    await vi.waitFor(() => query(connection, 'DROP SCHEMA bullmq CASCADE'), { timeout: 5000 })
    const goneAt = Date.now()
    await jobs.follow('after')
    expect((await engine.wasTended('after')) - goneAt).toBeLessThan(5000)
    expect(errors.length).toBeLessThan(60)
  })

  test('starts while PostgreSQL is away and says so', async () => {
    const nowhere = { host: '/tmp/gatehouse-no-such-folder', port: 5432, user: 'postgres', database: 'postgres' }
    const { jobs, started, errors } = start(nowhere)
    await started
    await jobs.follow('op')
    expect(errors[0]?.message).toContain('ENOENT')
    expect((await jobs.readings()).map((reading) => reading.counts)).toEqual([null, null])
    await expect(jobs.follow('timed', Date.now() + 1000)).rejects.toThrow('is not open')
  })
})
