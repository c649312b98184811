import type { Selectable } from 'kysely'
import type { Clock } from '../../realtime/ports/clock.js'
import type { EndedSignIns } from '../access/ended-sign-ins.js'
import { RecentlySeen } from '../access/recently-seen.js'
import { hashSecret } from '../access/secret-hash.js'
import { SignInRepository, type SignedIn, type SignIn, type SignInDraft } from '../repositories/sign-in-repository.js'
import { operatorOf } from './postgres-operators.js'
import type { Database, SignInTable } from './tables.js'

type Row = Selectable<SignInTable>

export interface SignInLifetimes {
  /** The sign-in ends after this long without a request. */
  readonly idleMs: number
  /** The sign-in ends after this long in any case. */
  readonly absoluteMs: number
}

/** Enough for a working day, short enough that a forgotten browser does not stay signed in. */
const signInLifetimes: SignInLifetimes = { idleMs: 60 * 60_000, absoluteMs: 12 * 60 * 60_000 }

/** The precision of the last use. */
const TOUCH_MS = 60_000
const ID_LENGTH = 20
const MOST_LISTED = 500

export class PostgresSignIns extends SignInRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #lifetimes: SignInLifetimes
  readonly #seen: RecentlySeen<SignedIn>
  readonly #ended: EndedSignIns

  constructor(db: Database, clock: Clock, ended: EndedSignIns, lifetimes: SignInLifetimes = signInLifetimes) {
    super()
    this.#db = db
    this.#clock = clock
    this.#lifetimes = lifetimes
    this.#seen = new RecentlySeen(clock)
    this.#ended = ended
    ended.listen((ids) => this.#seen.forget((seen) => ids.includes(seen.signIn.id)))
  }

  override async create(secret: string, draft: SignInDraft): Promise<SignIn> {
    const now = this.#clock.wallMs()
    const hash = hashSecret(secret)
    return this.#db.transaction().execute(async (tx) => {
      await tx
        .deleteFrom('sign_ins')
        .where((eb) => eb.or([eb('expires_at', '<=', now), eb('last_seen_at', '<=', now - this.#lifetimes.idleMs)]))
        .execute()
      await tx.updateTable('operators').set({ last_sign_in_at: now }).where('name', '=', draft.operator).execute()
      const row = await tx
        .insertInto('sign_ins')
        .values({
          // A hash of the hash: it identifies the row and reveals nothing about the secret.
          id: hashSecret(hash.toString('hex')).toString('hex').slice(0, ID_LENGTH),
          secret_hash: hash,
          operator: draft.operator,
          created_at: now,
          last_seen_at: now,
          expires_at: now + this.#lifetimes.absoluteMs,
          address: draft.address,
          user_agent: draft.userAgent,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return signInOf(row)
    })
  }

  override async use(secret: string): Promise<SignedIn | undefined> {
    const hash = hashSecret(secret)
    const known = await this.#seen.ask(hash, () => this.#load(hash))
    return known !== undefined && known.signIn.expiresAt > this.#clock.wallMs() ? known : undefined
  }

  override async end(secret: string): Promise<SignIn | undefined> {
    const row = await this.#db
      .deleteFrom('sign_ins')
      .where('secret_hash', '=', hashSecret(secret))
      .returningAll()
      .executeTakeFirst()
    if (row === undefined) return undefined
    this.#ended.tell([row.id])
    return signInOf(row)
  }

  override async list(operator?: string): Promise<readonly SignIn[]> {
    const now = this.#clock.wallMs()
    const rows = await this.#db
      .selectFrom('sign_ins')
      .selectAll()
      .where('expires_at', '>', now)
      .where('last_seen_at', '>', now - this.#lifetimes.idleMs)
      .$if(operator !== undefined, (query) => query.where('operator', '=', operator as string))
      .orderBy('created_at', 'desc')
      .limit(MOST_LISTED)
      .execute()
    return rows.map(signInOf)
  }

  override async revoke(id: string): Promise<boolean> {
    const row = await this.#db.deleteFrom('sign_ins').where('id', '=', id).returning('id').executeTakeFirst()
    if (row !== undefined) this.#ended.tell([row.id])
    return row !== undefined
  }

  override onEnded(listener: (ids: readonly string[]) => void): void {
    this.#ended.listen(listener)
  }

  async #load(hash: Buffer): Promise<SignedIn | undefined> {
    const now = this.#clock.wallMs()
    const row = await this.#db
      .selectFrom('sign_ins')
      .innerJoin('operators', 'operators.name', 'sign_ins.operator')
      .selectAll('sign_ins')
      .select([
        'name',
        'role',
        'rooms',
        'password_hash',
        'disabled',
        'last_sign_in_at',
        'operators.created_at as made_at',
      ])
      .where('secret_hash', '=', hash)
      .where('expires_at', '>', now)
      .where('last_seen_at', '>', now - this.#lifetimes.idleMs)
      .where('disabled', '=', false)
      .executeTakeFirst()
    if (row === undefined) return undefined
    if (now - row.last_seen_at >= TOUCH_MS)
      await this.#db.updateTable('sign_ins').set({ last_seen_at: now }).where('id', '=', row.id).execute()
    return { signIn: signInOf(row), operator: operatorOf({ ...row, created_at: row.made_at }) }
  }
}

function signInOf(row: Row): SignIn {
  return {
    id: row.id,
    operator: row.operator,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    address: row.address,
    userAgent: row.user_agent,
  }
}
