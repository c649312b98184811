import type { Clock } from '../../realtime/ports/clock.js'
import type { PlanRepository, StoredPlan } from '../../store/repositories/plan-repository.js'
import { OperationFault } from '../operation-fault.js'

/** Plans this process remembers having seen, so that it can say why one cannot be run. */
const REMEMBERED_PLANS = 1000

/** Plans that were shown and not yet run: each may be run once, and only while it is fresh. */
export class PlanLedger {
  readonly #clock: Clock
  readonly #plans: PlanRepository
  readonly #expiries = new Map<string, number>()
  readonly #operations = new Map<string, string>()

  constructor(clock: Clock, plans: PlanRepository) {
    this.#clock = clock
    this.#plans = plans
  }

  async keep(stored: StoredPlan): Promise<void> {
    remember(this.#expiries, stored.plan.planId, stored.plan.expiresAt)
    await this.#plans.save(stored)
  }

  /**
   * Takes the plan, so that no other order can take it: `used` or `release` must follow.
   *
   * @throws OperationFault plan_not_found, plan_expired
   */
  async take(planId: string): Promise<StoredPlan> {
    const stored = await this.#plans.find(planId)
    // Checked after the wait: two orders for one plan may have waited at the same time.
    const operation = this.#operations.get(planId)
    if (operation !== undefined) {
      throw new OperationFault('plan_expired', `Plan ${planId} was already run (${operation}): make a new one.`)
    }
    const expiresAt = stored?.plan.expiresAt ?? this.#expiries.get(planId)
    if (expiresAt !== undefined && expiresAt <= this.#clock.wallMs()) {
      throw new OperationFault('plan_expired', `Plan ${planId} was too old to be run: make a new one.`)
    }
    if (stored === undefined)
      throw new OperationFault('plan_not_found', `There is no plan ${planId}: make one with dryRun.`)
    remember(this.#operations, planId, 'about to begin')
    return stored
  }

  /** The plan was not run after all. */
  release(planId: string): void {
    this.#operations.delete(planId)
  }

  used(planId: string, operation: string): void {
    remember(this.#operations, planId, operation)
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  if (map.size > REMEMBERED_PLANS) map.delete(map.keys().next().value as string)
}
