import type { Operator } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import type { EndedSignIns } from '../access/ended-sign-ins.js'
import { hashSecret } from '../access/secret-hash.js'
import { SigninLinkRepository } from '../repositories/signin-link-repository.js'
import { endSignIns, operatorOf } from './postgres-operators.js'
import type { Database } from './tables.js'

const DEFAULT_LIFETIME_MS = 30 * 60_000

export class PostgresSigninLinks extends SigninLinkRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #ended: EndedSignIns

  constructor(db: Database, clock: Clock, ended: EndedSignIns) {
    super()
    this.#db = db
    this.#clock = clock
    this.#ended = ended
  }

  override async create(secret: string, lifetimeMs = DEFAULT_LIFETIME_MS): Promise<{ expiresAt: number }> {
    const expiresAt = this.#clock.wallMs() + lifetimeMs
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('signin_links').execute()
      await tx
        .insertInto('signin_links')
        .values({ secret_hash: hashSecret(secret), expires_at: expiresAt })
        .execute()
    })
    return { expiresAt }
  }

  override async isValid(secret: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('signin_links')
      .select('expires_at')
      .where('secret_hash', '=', hashSecret(secret))
      .where('expires_at', '>', this.#clock.wallMs())
      .executeTakeFirst()
    return row !== undefined
  }

  override async redeem(secret: string, admin: { name: string; passwordHash: string }): Promise<Operator | undefined> {
    const now = this.#clock.wallMs()
    const redeemed = await this.#db.transaction().execute(async (tx) => {
      const used = await tx
        .deleteFrom('signin_links')
        .where('secret_hash', '=', hashSecret(secret))
        .returning('expires_at')
        .executeTakeFirst()
      if (used === undefined || used.expires_at <= now) return undefined
      const standing = { role: 'admin', rooms: [], password_hash: admin.passwordHash, disabled: false }
      const row = await tx
        .insertInto('operators')
        .values({ name: admin.name, ...standing, created_at: now, last_sign_in_at: null })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(standing))
        .returningAll()
        .executeTakeFirstOrThrow()
      return { operator: operatorOf(row), signIns: await endSignIns(tx, admin.name) }
    })
    this.#ended.tell(redeemed?.signIns ?? [])
    return redeemed?.operator
  }
}
