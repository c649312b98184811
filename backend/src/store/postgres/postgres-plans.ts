import type { Clock } from '../../realtime/ports/clock.js'
import { ExpiringMap } from '../expiring-map.js'
import { PlanRepository, type StoredPlan } from '../repositories/plan-repository.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { storableJson } from './storable.js'
import type { Database } from './tables.js'

const MOST_REMEMBERED = 200

export class PostgresPlans extends PlanRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #remembered = new ExpiringMap<StoredPlan>(MOST_REMEMBERED)

  constructor(db: Database, clock: Clock) {
    super()
    this.#db = db
    this.#clock = clock
  }

  override async save(plan: StoredPlan): Promise<void> {
    const { planId, expiresAt } = plan.plan
    this.#remembered.set(planId, plan, expiresAt)
    const body = storableJson(plan)
    try {
      await this.#db.deleteFrom('plans').where('expires_at', '<=', this.#clock.wallMs()).execute()
      await this.#db
        .insertInto('plans')
        .values({ id: planId, expires_at: expiresAt, body })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ expires_at: expiresAt, body }))
        .execute()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }

  override async find(planId: string): Promise<StoredPlan | undefined> {
    const now = this.#clock.wallMs()
    const remembered = this.#remembered.get(planId, now)
    if (remembered !== undefined) return remembered
    const row = await this.#db
      .selectFrom('plans')
      .select('body')
      .where('id', '=', planId)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return row?.body as StoredPlan | undefined
  }
}
