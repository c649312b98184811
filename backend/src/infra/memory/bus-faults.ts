import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'

const LATEST_MS = 20
const ERROR_SHARE = 0.1

/** How a bus in test mode misbehaves, within the limits of its port. */
export interface FaultPlan {
  /** Completes calls in a later turn instead of at once. */
  readonly late: boolean
  /** Completes calls to different rooms out of order; one room's calls stay in order. */
  readonly reorder: boolean
  /** Fails one call in ten. */
  readonly errors: boolean
  readonly random: Random
}

/** Delays and failures of a bus in test mode. */
export class BusFaults {
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(
    private readonly plan: FaultPlan,
    private readonly clock: Clock,
  ) {}

  /** Why a publish fails, if it does. With `unknown_outcome` a bus may have accepted the message, and this one has. */
  publishFault(): 'unknown_outcome' | 'unavailable' | null {
    if (!this.plan.errors || this.plan.random.number() >= ERROR_SHARE) return null
    return this.plan.random.number() < 0.5 ? 'unknown_outcome' : 'unavailable'
  }

  failsSubscribe(): boolean {
    return this.plan.errors && this.plan.random.number() < ERROR_SHARE
  }

  failsRead(): boolean {
    return this.plan.errors && this.plan.random.number() < ERROR_SHARE
  }

  /** Runs `task` after its delay and after all earlier tasks of its room. */
  complete(room: string, task: () => void): void {
    const { late, reorder, random } = this.plan
    if (!late && !reorder) {
      task()
      return
    }
    // Each timer of a room runs the room's first task, so that delays reorder rooms but never one room's calls.
    const key = reorder ? room : ''
    const queue = this.#waiting.get(key)
    if (queue === undefined) this.#waiting.set(key, [task])
    else queue.push(task)
    this.clock.after(Math.floor(random.number() * LATEST_MS), () => this.#runFirst(key))
  }

  #runFirst(key: string): void {
    const queue = this.#waiting.get(key)
    const task = queue?.shift()
    if (queue?.length === 0) this.#waiting.delete(key)
    task?.()
  }
}
