import type { Operation, OperationRequest, Plan } from '@gatehouse/protocol/rest'
import { Action } from './action.svelte.js'
import { idempotencyKey, type Api } from './api.js'

/** Stands as the reason of a plan that is only looked at; what runs carries the person's own. */
const PREVIEW_REASON = 'Preview only, nothing decided'
/** How far the number of affected connections may move between what was read and what runs. */
const TOLERANCE = 0.1

/**
 * An operation from its preview to its start: exactly the plan that a person read is what runs. The reason is typed after
 * the plan is read, so the plan is made once more with it, and only runs when it still meets what was shown.
 */
export class PlannedOperation {
  #plan = $state.raw<Plan | null>(null)
  /** Why a person wants it, as typed. */
  reason = $state('')
  /** Looking at the plan, or starting it. */
  readonly action = new Action()

  constructor(
    private readonly api: Api,
    /** What is wanted, as the form says it now, but for the reason. */
    private readonly request: () => Omit<OperationRequest, 'reason'>,
  ) {}

  /** What would happen, or null while it is not known. */
  get plan(): Plan | null {
    return this.#plan
  }

  /** Finds out what would happen. */
  async preview(): Promise<void> {
    await this.action.run(async () => {
      this.#plan = await this.#planFor(PREVIEW_REASON)
    })
  }

  /** Starts it; undefined when it must be read again first or could not be started. */
  start(): Promise<Operation | undefined> {
    const read = this.#plan?.blast.connections ?? 0
    return this.action.run(async () => {
      const plan = await this.#planFor(this.reason.trim())
      this.#plan = plan
      const affected = plan.blast.connections
      if (Math.abs(affected - read) > read * TOLERANCE) {
        throw new Error(`It would now affect ${affected} connections, not ${read}. Read the plan again.`)
      }
      return this.api.once<Operation>('POST', '/v1/operations', { planId: plan.planId }, idempotencyKey())
    })
  }

  #planFor(reason: string): Promise<Plan> {
    return this.api.once<Plan>('POST', '/v1/operations', { ...this.request(), reason, dryRun: true }, idempotencyKey())
  }
}
