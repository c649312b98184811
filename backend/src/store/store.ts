import { join } from 'node:path'
import type { Clock } from '../realtime/ports/clock.js'
import type { Random } from '../realtime/ports/random.js'
import { EndedSignIns } from './access/ended-sign-ins.js'
import { AuditSpool } from './audit/audit-spool.js'
import { BanCache } from './bans/ban-cache.js'
import { BanHits } from './bans/ban-hits.js'
import { openDatabase, type OpenDatabase, type StoreConnection } from './database.js'
import { PostgresApiKeys } from './postgres/postgres-api-keys.js'
import { PostgresAuditLog } from './postgres/postgres-audit-log.js'
import { PostgresBans } from './postgres/postgres-bans.js'
import { PostgresCloseRecords } from './postgres/postgres-close-records.js'
import { PostgresHealth } from './postgres/postgres-health.js'
import { PostgresIdempotency } from './postgres/postgres-idempotency.js'
import { PostgresNodes } from './postgres/postgres-nodes.js'
import { PostgresOperations } from './postgres/postgres-operations.js'
import { PostgresOperators } from './postgres/postgres-operators.js'
import { PostgresPlans } from './postgres/postgres-plans.js'
import { PostgresRecordTables } from './postgres/postgres-record-tables.js'
import { PostgresRefusals } from './postgres/postgres-refusals.js'
import { PostgresRoomStates } from './postgres/postgres-room-states.js'
import { PostgresSigninLinks } from './postgres/postgres-signin-links.js'
import { PostgresSignIns } from './postgres/postgres-sign-ins.js'
import { PostgresStats } from './postgres/postgres-stats.js'
import { RecordBook } from './records/record-book.js'
import { Retention, retentionSettings, type RetentionSettings } from './retention.js'
import { RoomStateCache } from './rooms/room-state-cache.js'

export interface StoreOptions {
  readonly connection: StoreConnection
  readonly nodeId: string
  /** The node's data folder; it has the file of audit entries that wait for PostgreSQL. */
  readonly dataDir: string
  /** Whether this process must be the database's only node; false for commands that run beside a node. */
  readonly isSoleNode: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: { warn(message: string): void; error(message: string): void }
  readonly retention?: RetentionSettings
  /** How long a stop waits for records that are not yet written. */
  readonly drainMs: number
}

/** The file in DATA_DIR with the audit entries that wait for PostgreSQL. */
export const AUDIT_SPOOL_FILE = 'audit-spool.jsonl'

/** All repositories on PostgreSQL, with the caches that this node keeps of them. */
export class Store {
  readonly health: PostgresHealth
  readonly audit: PostgresAuditLog
  readonly operators: PostgresOperators
  readonly signIns: PostgresSignIns
  readonly signinLinks: PostgresSigninLinks
  readonly apiKeys: PostgresApiKeys
  readonly bans: PostgresBans
  readonly banCache: BanCache
  readonly roomStates: PostgresRoomStates
  readonly roomStateCache: RoomStateCache
  readonly operations: PostgresOperations
  readonly plans: PostgresPlans
  readonly idempotency: PostgresIdempotency
  readonly records: RecordBook
  readonly closeRecords: PostgresCloseRecords
  readonly refusals: PostgresRefusals
  readonly stats: PostgresStats
  readonly nodes: PostgresNodes
  readonly retention: Retention
  readonly #database: OpenDatabase

  constructor(database: OpenDatabase, options: StoreOptions) {
    const { clock, random, nodeId, log } = options
    const { db } = database
    const ended = new EndedSignIns()
    const hits = new BanHits()
    const tables = new PostgresRecordTables(db)
    const spool = new AuditSpool(join(options.dataDir, AUDIT_SPOOL_FILE))
    this.#database = database
    this.health = new PostgresHealth(database, clock)
    this.audit = new PostgresAuditLog({ db, clock, random, log, spool, health: this.health })
    this.operators = new PostgresOperators(db, clock, ended)
    this.signIns = new PostgresSignIns(db, clock, ended)
    this.signinLinks = new PostgresSigninLinks(db, clock, ended)
    this.apiKeys = new PostgresApiKeys(db, clock, random)
    this.bans = new PostgresBans(db, clock, random, hits)
    this.banCache = new BanCache(this.bans, clock, hits)
    this.roomStates = new PostgresRoomStates(db, clock)
    this.roomStateCache = new RoomStateCache(this.roomStates, clock)
    this.operations = new PostgresOperations(db, clock)
    this.plans = new PostgresPlans(db, clock)
    this.idempotency = new PostgresIdempotency(db, clock)
    this.records = new RecordBook({ tables, clock, nodeId, health: this.health, drainMs: options.drainMs })
    this.closeRecords = new PostgresCloseRecords(db, clock, this.records)
    this.refusals = new PostgresRefusals(db, clock, this.records)
    this.stats = new PostgresStats(db, clock, nodeId, this.operations)
    this.nodes = new PostgresNodes(db)
    this.retention = new Retention(db, clock, tables, options.retention ?? retentionSettings)
  }

  /** Reads what the node must know before the first connection, then keeps it fresh. @throws StoreUnavailable */
  async start(): Promise<void> {
    this.health.start()
    await this.retention.run()
    await Promise.all([this.banCache.start(), this.roomStateCache.start(), this.audit.start(), this.stats.start()])
    this.records.start()
  }

  /** Writes what waits, for a few seconds at most, and closes the database. Nothing may be recorded afterwards. */
  async stop(): Promise<void> {
    this.banCache.stop()
    this.roomStateCache.stop()
    await Promise.all([this.records.stop(), this.stats.stop(), this.audit.stop()])
    this.health.stop()
    await this.#database.close()
  }
}

/**
 * Opens the database, brings its tables up to date and builds the store on it. Call `start()` next.
 *
 * @throws StartRefusal in one clear line
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  return new Store(await openDatabase(options), options)
}
