import type { Plan } from '@gatehouse/protocol/rest'

/** A plan with what running it needs. */
export interface StoredPlan {
  readonly plan: Plan
  /** The ids the selector met when the plan was made. */
  readonly ids: readonly string[]
  /** Who made it; only the same actor may run it, unless the edge says otherwise. */
  readonly by: string
}

/** Plans between showing and running. They also live in this node's memory, so a drain can run without PostgreSQL. */
export abstract class PlanRepository {
  /** Resolves also while PostgreSQL is down; then only this node knows the plan. */
  abstract save(plan: StoredPlan): Promise<void>
  /** The plan, or undefined when it is unknown or past `plan.expiresAt`. */
  abstract find(planId: string): Promise<StoredPlan | undefined>
}
