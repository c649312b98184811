import type { Operation, OperationState } from '@gatehouse/protocol/rest'
import { OperationFault } from '../operation-fault.js'

const END_STATES: ReadonlySet<OperationState> = new Set(['done', 'cancelled', 'failed'])

/** Which state a run is in and how it got there. Times are milliseconds since 1970. */
export class RunStates {
  readonly #phases: { state: OperationState; at: number; by: string | null }[] = []
  #startedAt: number | null = null
  #endedAt: number | null = null

  get current(): OperationState {
    return this.#phases.at(-1)?.state ?? 'prepare'
  }

  get isEnded(): boolean {
    return END_STATES.has(this.current)
  }

  get startedAt(): number | null {
    return this.#startedAt
  }

  get endedAt(): number | null {
    return this.#endedAt
  }

  phases(): Operation['phases'] {
    return [...this.#phases]
  }

  /** @param by who moved it; null: itself */
  enter(state: OperationState, by: string | null, wallMs: number): void {
    this.#startedAt ??= wallMs
    if (END_STATES.has(state)) this.#endedAt = wallMs
    this.#phases.push({ state, at: wallMs, by })
  }

  /** @throws OperationFault not_in_this_state */
  require(operation: string, act: string, states: readonly OperationState[]): void {
    if (states.includes(this.current)) return
    throw new OperationFault('not_in_this_state', `Cannot ${act} operation ${operation}: its state is ${this.current}.`)
  }
}
