import type { Operation, OperationRequest, Plan } from '@gatehouse/protocol/rest'
import { Action } from './action.svelte.js'
import { idempotencyKey, type Api } from './api.js'

/** The reason of a plan that is only previewed. The plan that runs carries the person's own. */
const PREVIEW_REASON = 'Preview only, nothing decided'
/** How far the number of affected connections may move between what was read and what runs. */
const TOLERANCE = 0.1

/**
 * An operation from its preview to its start. A person reads the plan and then types the reason. The plan is made again
 * with that reason, and runs only if it affects about as many connections as the plan that was read.
 */
export class PlannedOperation {
  #plan = $state.raw<Plan | null>(null)
  /** The reason as typed. */
  reason = $state('')
  /** Making the plan or starting it. */
  readonly action = new Action()

  constructor(
    private readonly api: Api,
    /** The request as the form stands now, without the reason. */
    private readonly request: () => Omit<OperationRequest, 'reason'>,
  ) {}

  /** What would happen, or null while it is not known. */
  get plan(): Plan | null {
    return this.#plan
  }

  /** Asks what would happen. */
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
