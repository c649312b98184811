import { sql, type Selectable } from 'kysely'
import type { AuditCheck, AuditRow, Page } from '@gatehouse/protocol/rest'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import { AuditChain, storableEntry } from '../audit/audit-chain.js'
import type { AuditSpool } from '../audit/audit-spool.js'
import type { StampedEntry } from '../audit/chain-hash.js'
import { textField, timeField, wordField } from '../lists/fields.js'
import { listTable, type TableShape } from '../lists/table-list.js'
import { AuditLog, type AuditEntry, type AuditReceipt } from '../repositories/audit-log.js'
import { oneNode, type ListRequest } from '../repositories/list-request.js'
import type { StoreHealth } from '../repositories/store-health.js'
import { isRefusedValue } from './outage.js'
import type { AuditTable, Database } from './tables.js'

type Row = Selectable<AuditTable>

export interface AuditLogOptions {
  readonly db: Database
  readonly clock: Clock
  readonly random: Random
  readonly health: StoreHealth
  readonly spool: AuditSpool
  readonly log: { error(message: string): void }
}

interface Waiting {
  readonly entry: StampedEntry
  readonly resolve: (receipt: AuditReceipt) => void
}

const MOST_TOGETHER = 100
const RETRY_MS = 2_000

/** The audit log in PostgreSQL, with a local file for outages. A single loop writes, so the order is kept. */
export class PostgresAuditLog extends AuditLog {
  readonly #options: AuditLogOptions
  readonly #chain: AuditChain
  #queue: Waiting[] = []
  #running: Promise<void> | undefined
  #isDown = false
  #lost = 0
  /** Lost entries that no `audit.lost` row reports yet. */
  #lostUntold = 0
  #cancelRetry: Cancel | undefined
  #stopListening: () => void = () => undefined

  constructor(options: AuditLogOptions) {
    super()
    this.#options = options
    this.#chain = new AuditChain(options.db)
  }

  /** Opens the local file and begins to replay the entries that an earlier process left in it. */
  async start(): Promise<void> {
    await this.#options.spool.open()
    this.#stopListening = this.#options.health.onChange((state) => {
      if (state.isUp) this.#wake()
    })
    this.#run()
  }

  /** Waits until everything appended is in the table or in the file. */
  async stop(): Promise<void> {
    this.#stopListening()
    this.#cancelRetry?.()
    await this.#running
    await this.#options.spool.close()
  }

  override append(entry: AuditEntry): Promise<AuditReceipt> {
    const { promise, resolve } = Promise.withResolvers<AuditReceipt>()
    this.#queue.push({ entry: this.#stamp(entry), resolve })
    this.#run()
    return promise
  }

  override async list(request: ListRequest): Promise<Page<AuditRow>> {
    const { rows, total, next } = await listTable(this.#options.db, auditList, request, this.#options.clock.wallMs())
    return { items: rows.map(auditRowOf), total, ...(next === undefined ? {} : { next }), nodes: oneNode }
  }

  override verify(): Promise<AuditCheck> {
    return this.#chain.verify()
  }

  override waiting(): number {
    return this.#options.spool.waiting
  }

  override lost(): number {
    return this.#lost
  }

  #stamp(entry: AuditEntry): StampedEntry {
    return storableEntry({ ...entry, entryId: this.#options.random.id(16), at: this.#options.clock.wallMs() })
  }

  #wake(): void {
    this.#isDown = false
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#run()
  }

  #run(): void {
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined
      if (this.#queue.length > 0) this.#run()
    })
  }

  async #loop(): Promise<void> {
    for (;;) {
      // While older entries wait in the file, new ones go there first, so that no caller waits for the replay.
      if (this.#queue.length > 0) await this.#take(this.#queue.splice(0, MOST_TOGETHER))
      else if (!this.#isDown && this.#options.spool.waiting > 0) await this.#replay()
      else if (!this.#isDown && this.#lostUntold > 0) await this.#tellLost()
      else return
    }
  }

  async #take(batch: readonly Waiting[]): Promise<void> {
    const isDirect = !this.#isDown && this.#options.spool.waiting === 0
    const refused = new Set<StampedEntry>()
    if (isDirect && (await this.#write(entriesOf(batch), refused))) {
      for (const { entry, resolve } of batch) resolve({ audited: !refused.has(entry) })
      return
    }
    const left = entriesOf(batch).filter((entry) => !refused.has(entry))
    await this.#keep(left.map((entry) => ({ ...entry, detail: { ...entry.detail, late: true } })))
    for (const { resolve } of batch) resolve({ audited: false })
  }

  /**
   * Returns false if PostgreSQL is down. Otherwise the entries are in the table, except those that PostgreSQL refused,
   * which are added to `refused`.
   */
  async #write(entries: readonly StampedEntry[], refused: Set<StampedEntry>): Promise<boolean> {
    try {
      await this.#chain.add(entries)
      return true
    } catch (error) {
      if (!isRefusedValue(error)) {
        this.#becomeDown()
        return false
      }
      const [first] = entries
      if (entries.length === 1 && first !== undefined) {
        refused.add(first)
        this.#lose(1, `PostgreSQL refused an audit entry (${(error as Error).message})`)
        return true
      }
      // Written one by one: only the entry that cannot be stored must be lost.
      for (const entry of entries) if (!(await this.#write([entry], refused))) return false
      return true
    }
  }

  async #keep(entries: readonly StampedEntry[]): Promise<void> {
    try {
      const kept = await this.#options.spool.add(entries)
      if (kept < entries.length) this.#lose(entries.length - kept, 'the local audit file is full')
    } catch (error) {
      this.#lose(entries.length, `the local audit file could not be written (${(error as Error).message})`)
    }
  }

  async #replay(): Promise<void> {
    try {
      const { entries, unreadable, done } = await this.#options.spool.next(MOST_TOGETHER)
      if (entries.length > 0 && !(await this.#write(entries, new Set()))) return
      await done()
      if (unreadable > 0) this.#lose(unreadable, 'the local audit file had lines that cannot be parsed')
    } catch (error) {
      this.#options.log.error(`the local audit file could not be read: ${(error as Error).message}`)
      this.#becomeDown()
    }
  }

  async #tellLost(): Promise<void> {
    const count = this.#lostUntold
    const entry: AuditEntry = {
      actor: 'system',
      actorKind: 'system',
      action: 'audit.lost',
      target: null,
      outcome: 'failed',
      address: null,
      requestId: null,
      detail: { count },
    }
    try {
      await this.#chain.add([this.#stamp(entry)])
      this.#lostUntold -= count
    } catch {
      this.#becomeDown()
    }
  }

  #lose(count: number, why: string): void {
    this.#lost += count
    this.#lostUntold += count
    this.#options.log.error(`${count} audit entries are lost: ${why}`)
  }

  #becomeDown(): void {
    this.#isDown = true
    this.#cancelRetry?.()
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => {
      this.#wake()
    })
  }
}

function entriesOf(batch: readonly Waiting[]): StampedEntry[] {
  return batch.map(({ entry }) => entry)
}

function auditRowOf(row: Row): AuditRow {
  return {
    seq: row.seq,
    at: row.at,
    actor: row.actor,
    actorKind: row.actor_kind,
    action: row.action,
    target: row.target,
    outcome: row.outcome as AuditRow['outcome'],
    address: row.address,
    requestId: row.request_id,
    detail: row.detail,
    hash: row.hash,
  }
}

const auditList: TableShape<Row> = {
  list: 'audit',
  table: sql`gatehouse.audit`,
  columns: sql`*`,
  fields: {
    actor: textField(sql`actor`, (row) => row.actor),
    action: textField(sql`action`, (row) => row.action),
    outcome: textField(sql`outcome`, (row) => row.outcome),
    target: textField(sql`target`, (row) => row.target),
    since: timeField('since', sql`at`, (row) => row.at),
    before: timeField('before', sql`at`, (row) => row.at),
    text: wordField([sql`actor`, sql`action`, sql`target`, sql`address`], (row) => [
      row.actor,
      row.action,
      row.target,
      row.address,
    ]),
  },
  sorts: { seq: { column: sql`seq`, read: (row) => row.seq } },
  defaultSort: '-seq',
  id: { column: sql`entry_id`, read: (row) => row.entry_id },
}
