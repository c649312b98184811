import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemClock } from '../../infra/system-clock.js'
import { SystemRandom } from '../../infra/system-random.js'
import type { Clock } from '../../realtime/ports/clock.js'
import type { StoreConnection } from '../database.js'
import { testDatabase, type TestTemplate } from '../embedded/testing.js'
import { migrate } from '../postgres/migrate.js'
import { openStore, type Store } from '../store.js'

const migrated: TestTemplate = {
  name: 'gatehouse_migrated',
  prepare: async (connection) => {
    await migrate({ ...connection })
  },
}

/** Real time whose wall clock a test can set ahead, for what expires after hours. */
export class ShiftedClock extends SystemClock {
  #aheadMs = 0

  override wallMs(): number {
    return super.wallMs() + this.#aheadMs
  }

  override nowMs(): number {
    return super.nowMs() + this.#aheadMs
  }

  shift(ms: number): void {
    this.#aheadMs += ms
  }
}

export interface TestStore {
  readonly store: Store
  readonly connection: Exclude<StoreConnection, string>
  readonly dataDir: string
  close(): Promise<void>
}

/** A store on its own database with all tables, not started. */
export async function testStore(clock: Clock = new SystemClock()): Promise<TestStore> {
  const database = await testDatabase(migrated)
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-store-'))
  const store = await openTestStore(database.connection, dataDir, clock)
  return {
    store,
    connection: database.connection,
    dataDir,
    close: async () => {
      await store.stop()
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A store opened as a node's start opens it. */
export function openTestStore(
  connection: StoreConnection,
  dataDir: string,
  clock: Clock = new SystemClock(),
): Promise<Store> {
  return openStore({
    connection,
    dataDir,
    clock,
    nodeId: 'n1',
    isSoleNode: false,
    drainMs: 2_000,
    random: new SystemRandom(),
    log: { warn: () => undefined, error: () => undefined },
  })
}

/** Waits until `check` returns true; fails after 15 s, naming what it waited for. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited 15 s for ${what}`)
    const { promise, resolve } = Promise.withResolvers<void>()
    setTimeout(resolve, 20)
    await promise
  }
}
