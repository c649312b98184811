import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Jobs } from '../../src/jobs/jobs.js'
import { retentionTask } from '../../src/jobs/maintenance-task.js'
import { EngineRig } from '../../src/operations/testing/engine-rig.js'
import { ManualClock } from '../../src/realtime/testing/manual-clock.js'
import { SeededRandom } from '../../src/realtime/testing/seeded-random.js'
import { testDatabase, type TestDatabase } from '../../src/store/embedded/testing.js'
import { openStore, type Store } from '../../src/store/store.js'

const silent = { warn: () => undefined, error: () => undefined }

let database: TestDatabase
let dataDir: string
let store: Store
const jobs: Jobs[] = []

beforeEach(async () => {
  database = await testDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-operations-'))
  const clock = new ManualClock(Date.now())
  store = await openStore({
    connection: database.connection,
    nodeId: 'node-1',
    dataDir,
    isSoleNode: false,
    drainMs: 2_000,
    clock,
    random: new SeededRandom(7),
    log: silent,
  })
})

afterEach(async () => {
  await Promise.all(jobs.splice(0).map((one) => one.stop()))
  await store.stop()
  await database.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** The engine of a new process of the node: on the same store, with nothing in memory. */
function nodeOnStore(): EngineRig {
  const rig = new EngineRig({ repository: store.operations })
  rig.clock.jump(Date.now() - rig.clock.wallMs())
  return rig
}

async function startJobs(rig: EngineRig): Promise<Jobs> {
  const options = {
    connection: database.connection,
    engine: rig.engine,
    tasks: [retentionTask(store.retention)],
    tendEveryMs: 100,
    onError: () => undefined,
  }
  const started = new Jobs(options)
  jobs.push(started)
  await started.start()
  rig.engine.superviseBy(started)
  return started
}

/** Resolves when an operation next enters a state. */
function entered(rig: EngineRig, id: string, state: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = rig.engine.onChange(({ operation }) => {
      if (operation.id !== id || operation.state !== state) return
      stop()
      resolve()
    })
  })
}

/** Waits until everything is written; the clock does not move, so the wait cannot time out. */
const written = (rig: EngineRig): Promise<boolean> => rig.engine.settle(60_000)

describe('operations on PostgreSQL', () => {
  test('a drain is kept with its states and books, and its hold survives a restart', async () => {
    const rig = nodeOnStore()
    rig.connect(50)
    const { id } = await rig.drain({ durationMs: 5000 })
    rig.clock.advance(6000)
    await written(rig)
    const row = await store.operations.find(id)
    expect(row?.operation).toMatchObject({
      state: 'done',
      holds: true,
      progress: { unaccounted: 0, buckets: { closedClean: 50, remaining: 0 } },
    })
    expect(row?.operation.phases.map((phase) => phase.state)).toEqual(['prepare', 'notify', 'run', 'finish', 'done'])

    const next = nodeOnStore()
    await next.engine.restore()
    expect([next.nodeState.name, next.nodeState.operation]).toEqual(['drained', id])
    next.engine.returnToService(id)
    await written(next)
    const third = nodeOnStore()
    await third.engine.restore()
    expect(third.nodeState.name).toBe('ready')
    const page = await third.engine.list({
      tokens: [{ field: 'kind', op: '=', values: ['drain'], negated: false }],
      limit: 10,
    })
    expect(page.items.map((item) => [item.id, item.holds])).toEqual([[id, false]])
  })

  test('the queue begins an operation at its time and watches it to its end', async () => {
    const rig = nodeOnStore()
    rig.connect(10)
    await startJobs(rig)
    const { id } = await rig.drain({ durationMs: 1000 }, { startAt: rig.clock.wallMs() + 400 })
    expect(rig.nodeState.name).toBe('ready')
    rig.clock.advance(400)
    await entered(rig, id, 'run')
    rig.clock.advance(2000)
    await written(rig)
    expect((await store.operations.find(id))?.operation.state).toBe('done')
  })

  test('the queue settles an operation whose process was killed', async () => {
    const killed = nodeOnStore()
    killed.connect(10)
    const { id } = await killed.drain({ rate: 1, onDone: 'serve' })
    await written(killed)

    const next = nodeOnStore()
    const queue = await startJobs(next)
    const failed = entered(next, id, 'failed')
    await queue.follow(id)
    await failed
    await written(next)
    expect((await store.operations.find(id))?.operation).toMatchObject({ state: 'failed', failure: 'node restarted' })
  })
})
