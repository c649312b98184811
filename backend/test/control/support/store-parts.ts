import { join } from 'node:path'
import type { Clock } from '../../../src/realtime/ports/clock.js'
import type { Random } from '../../../src/realtime/ports/random.js'
import { EndedSignIns } from '../../../src/store/access/ended-sign-ins.js'
import { AuditSpool } from '../../../src/store/audit/audit-spool.js'
import { BanCache } from '../../../src/store/bans/ban-cache.js'
import { BanHits } from '../../../src/store/bans/ban-hits.js'
import { openDatabase, type StoreConnection } from '../../../src/store/database.js'
import { PostgresApiKeys } from '../../../src/store/postgres/postgres-api-keys.js'
import { PostgresAuditLog } from '../../../src/store/postgres/postgres-audit-log.js'
import { PostgresBans } from '../../../src/store/postgres/postgres-bans.js'
import { PostgresCloseRecords } from '../../../src/store/postgres/postgres-close-records.js'
import { PostgresHealth } from '../../../src/store/postgres/postgres-health.js'
import { PostgresIdempotency } from '../../../src/store/postgres/postgres-idempotency.js'
import { PostgresOperations } from '../../../src/store/postgres/postgres-operations.js'
import { PostgresOperators } from '../../../src/store/postgres/postgres-operators.js'
import { PostgresPlans } from '../../../src/store/postgres/postgres-plans.js'
import { PostgresRecordTables } from '../../../src/store/postgres/postgres-record-tables.js'
import { PostgresRefusals } from '../../../src/store/postgres/postgres-refusals.js'
import { PostgresRoomStates } from '../../../src/store/postgres/postgres-room-states.js'
import { PostgresSignIns } from '../../../src/store/postgres/postgres-sign-ins.js'
import { PostgresSigninLinks } from '../../../src/store/postgres/postgres-signin-links.js'
import { PostgresStats } from '../../../src/store/postgres/postgres-stats.js'
import { RecordBook } from '../../../src/store/records/record-book.js'
import { RoomStateCache } from '../../../src/store/rooms/room-state-cache.js'

const quiet = { warn: () => undefined, error: () => undefined }

/** The real store on a test's database. */
export async function openStore(
  connection: StoreConnection,
  dataDir: string,
  nodeId: string,
  clock: Clock,
  random: Random,
) {
  const database = await openDatabase({ connection, nodeId, isSoleNode: false, log: quiet })
  const { db } = database
  const health = new PostgresHealth(database, clock)
  const hits = new BanHits()
  const ended = new EndedSignIns()
  const bans = new PostgresBans(db, clock, random, hits)
  const roomStates = new PostgresRoomStates(db, clock)
  const operations = new PostgresOperations(db, clock)
  const audit = new PostgresAuditLog({
    db,
    clock,
    random,
    health,
    spool: new AuditSpool(join(dataDir, 'audit.spool')),
    log: quiet,
  })
  const book = new RecordBook({ tables: new PostgresRecordTables(db), clock, health, nodeId })
  const stats = new PostgresStats(db, clock, nodeId, operations)
  const banCache = new BanCache(bans, clock, hits)
  const roomStateCache = new RoomStateCache(roomStates, clock)
  await audit.start()
  await banCache.start()
  await roomStateCache.start()
  await stats.start()
  book.start()
  health.start()
  return {
    database,
    health,
    bans,
    banCache,
    roomStates,
    roomStateCache,
    operations,
    audit,
    book,
    stats,
    plans: new PostgresPlans(db, clock),
    idempotency: new PostgresIdempotency(db, clock),
    keys: new PostgresApiKeys(db, clock, random),
    operators: new PostgresOperators(db, clock, ended),
    links: new PostgresSigninLinks(db, clock, ended),
    signIns: new PostgresSignIns(db, clock, ended),
    closes: new PostgresCloseRecords(db, clock, book),
    refusals: new PostgresRefusals(db, clock, book),
    async close(): Promise<void> {
      health.stop()
      banCache.stop()
      roomStateCache.stop()
      await book.stop()
      await stats.stop()
      await audit.stop()
      await database.close()
    },
  }
}
