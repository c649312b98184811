import type { Operation, OperationRequest, Plan } from '@gatehouse/protocol/rest'
import { idempotencyKey, type Api } from './api.js'
import { asApiError } from './resource.svelte.js'

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
  #failure = $state<string | null>(null)
  #isBusy = $state(false)
  #key = idempotencyKey()

  constructor(
    private readonly api: Api,
    /** What is wanted, as the form says it now. */
    private readonly request: () => OperationRequest,
  ) {}

  /** What would happen, or null while it is not known. */
  get plan(): Plan | null {
    return this.#plan
  }
  get failure(): string | null {
    return this.#failure
  }
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Finds out what would happen. */
  async preview(): Promise<void> {
    await this.#attempt(async () => {
      this.#plan = await this.#planFor(this.request().reason?.trim() || PREVIEW_REASON)
    })
  }

  /** Starts it; null when it must be read again first or could not be started. */
  async start(): Promise<Operation | null> {
    const read = this.#plan?.blast.connections ?? 0
    return this.#attempt(async () => {
      const plan = await this.#planFor(this.request().reason?.trim() ?? '')
      this.#plan = plan
      const affected = plan.blast.connections
      if (Math.abs(affected - read) > read * TOLERANCE) {
        this.#failure = `It would now affect ${affected} connections, not ${read}. Read the plan again.`
        return null
      }
      return this.api.once<Operation>('POST', '/v1/operations', { planId: plan.planId }, this.#key)
    })
  }

  #planFor(reason: string): Promise<Plan> {
    return this.api.once<Plan>('POST', '/v1/operations', { ...this.request(), reason, dryRun: true }, idempotencyKey())
  }

  async #attempt<T>(run: () => Promise<T>): Promise<T | null> {
    this.#isBusy = true
    this.#failure = null
    try {
      return await run()
    } catch (cause) {
      this.#failure = asApiError(cause).message
      this.#key = idempotencyKey()
      return null
    } finally {
      this.#isBusy = false
    }
  }
}
