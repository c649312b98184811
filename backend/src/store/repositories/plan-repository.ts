import type { Plan } from '@gatehouse/protocol/rest'

/** A plan with what is needed to run it. */
export interface StoredPlan {
  readonly plan: Plan
  /** The ids that the selector matched when the plan was made. */
  readonly ids: readonly string[]
  /** Who made it; only the same actor may run it, unless the edge says otherwise. */
  readonly by: string
}

/** Plans that were shown and not yet run. This node's memory has them too, so a drain can run without PostgreSQL. */
export abstract class PlanRepository {
  /** Resolves even while PostgreSQL is down; then only this node knows the plan. */
  abstract save(plan: StoredPlan): Promise<void>
  /** The plan, or undefined if it is unknown or past `plan.expiresAt`. */
  abstract find(planId: string): Promise<StoredPlan | undefined>
}
