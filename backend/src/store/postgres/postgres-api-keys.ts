import { sql, type Selectable } from 'kysely'
import type { ApiKey, Page, Verb } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import { LookupGate } from '../access/lookup-gate.js'
import { RecentlySeen } from '../access/recently-seen.js'
import { hashSecret } from '../access/secret-hash.js'
import { textField, wordField } from '../lists/fields.js'
import { listTable, type TableShape } from '../lists/table-list.js'
import { ApiKeyRepository, type ApiKeyDraft, type ApiKeyFinding } from '../repositories/api-key-repository.js'
import { oneNode, type ListRequest } from '../repositories/list-request.js'
import { AlreadyExists } from '../repositories/store-errors.js'
import { sqlState } from './outage.js'
import type { ApiKeyTable, Database } from './tables.js'

type Row = Selectable<ApiKeyTable>

const UNIQUE_VIOLATION = '23505'
/** The precision of the last use. */
const TOUCH_MS = 60_000
/** A thousand devices that reconnect with one key cause one look-up. */
const FRESH_MS = 5_000
/** Look-ups at a time, out of the pool's ten connections, and how many may wait; each takes about a millisecond. */
const MOST_LOOKUPS = 4
const MOST_WAITING = 1_000

export class PostgresApiKeys extends ApiKeyRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #random: Random
  readonly #seen: RecentlySeen<ApiKey>
  readonly #gate = new LookupGate(MOST_LOOKUPS, MOST_WAITING)
  /** Keys that are being looked up, by their hash. */
  readonly #asked = new Map<string, Promise<ApiKeyFinding>>()

  constructor(db: Database, clock: Clock, random: Random) {
    super()
    this.#db = db
    this.#clock = clock
    this.#random = random
    this.#seen = new RecentlySeen(clock)
  }

  override async create(key: string, draft: ApiKeyDraft): Promise<ApiKey> {
    try {
      const row = await this.#db
        .insertInto('api_keys')
        .values({
          id: this.#random.id(10),
          key_hash: hashSecret(key),
          name: draft.name,
          verbs: [...draft.verbs],
          rooms: [...draft.rooms],
          created_at: this.#clock.wallMs(),
          created_by: draft.createdBy,
          expires_at: draft.expiresAt,
          last_used_at: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return apiKeyOf(row)
    } catch (error) {
      if (sqlState(error) === UNIQUE_VIOLATION) throw new AlreadyExists('An API key', draft.name)
      throw error
    }
  }

  override async use(key: string): Promise<ApiKey | undefined> {
    const hash = hashSecret(key)
    const known = await this.#seen.ask(hash, () => this.#load(hash))
    if (known === undefined) return undefined
    return known.expiresAt === null || known.expiresAt > this.#clock.wallMs() ? known : undefined
  }

  override find(key: string): Promise<ApiKeyFinding> {
    const hash = hashSecret(key)
    const name = hash.toString('base64')
    const asked = this.#asked.get(name) ?? this.#find(hash).finally(() => this.#asked.delete(name))
    this.#asked.set(name, asked)
    return asked
  }

  override async revoke(id: string): Promise<ApiKey | undefined> {
    const row = await this.#db.transaction().execute(async (tx) => {
      const gone = await tx.deleteFrom('api_keys').where('id', '=', id).returningAll().executeTakeFirst()
      if (gone === undefined) return undefined
      const revoked = { key_hash: gone.key_hash, revoked_at: this.#clock.wallMs() }
      await tx
        .insertInto('revoked_api_keys')
        .values(revoked)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return gone
    })
    this.#seen.forget((seen) => seen.id === id)
    return row === undefined ? undefined : apiKeyOf(row)
  }

  override async list(request: ListRequest): Promise<Page<ApiKey>> {
    const { rows, total, next } = await listTable(this.#db, apiKeyList, request, this.#clock.wallMs())
    return { items: rows.map(apiKeyOf), total, ...(next === undefined ? {} : { next }), nodes: oneNode }
  }

  async #find(hash: Buffer): Promise<ApiKeyFinding> {
    const known = await this.#seen.ask(hash, () => this.#gate.run(() => this.#load(hash)), FRESH_MS)
    if (known !== undefined) return known
    const query = this.#db.selectFrom('revoked_api_keys').select('revoked_at').where('key_hash', '=', hash)
    const revoked = await this.#gate.run(() => query.executeTakeFirst())
    return revoked === undefined ? undefined : 'revoked'
  }

  async #load(hash: Buffer): Promise<ApiKey | undefined> {
    const row = await this.#db.selectFrom('api_keys').selectAll().where('key_hash', '=', hash).executeTakeFirst()
    if (row === undefined) return undefined
    const now = this.#clock.wallMs()
    if (row.last_used_at === null || now - row.last_used_at >= TOUCH_MS)
      await this.#db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', row.id).execute()
    return apiKeyOf(row)
  }
}

function apiKeyOf(row: Row): ApiKey {
  return {
    id: row.id,
    name: row.name,
    verbs: row.verbs as Verb[],
    rooms: row.rooms,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  }
}

const apiKeyList: TableShape<Row> = {
  list: 'api-keys',
  table: sql`gatehouse.api_keys`,
  columns: sql`*`,
  fields: {
    name: textField(sql`name`, (row) => row.name),
    by: textField(sql`created_by`, (row) => row.created_by),
    text: wordField([sql`name`, sql`created_by`], (row) => [row.name, row.created_by]),
  },
  sorts: {
    name: { column: sql`name`, read: (row) => row.name },
    createdAt: { column: sql`created_at`, read: (row) => row.created_at },
    lastUsedAt: { column: sql`coalesce(last_used_at, 0)`, read: (row) => row.last_used_at ?? 0 },
  },
  defaultSort: '-createdAt',
  id: { column: sql`id`, read: (row) => row.id },
}
