import { etaMs } from './eta.js'
import type { NodeState } from '../service/node-state.js'

/** What refused clients are told to wait: about what is left of the drain, within these bounds. */
const LEAST_WAIT_MS = 5000
const MOST_WAIT_MS = 30_000

/** A drain's claim on its node. It has no effect any more once another operation has taken the node over. */
export class NodeClaim {
  readonly #nodeState: NodeState
  readonly #operation: string
  readonly #isDrain: boolean

  constructor(nodeState: NodeState, operation: string, isDrain: boolean) {
    this.#nodeState = nodeState
    this.#operation = operation
    this.#isDrain = isDrain
  }

  /** No longer ready, but still accepting; the node now belongs to this drain. */
  take(): void {
    if (this.#isDrain) this.#nodeState.prepare(this.#operation)
  }

  /** @param rate closes a second for the `remaining` connections */
  refuse(remaining: number, rate: number): void {
    if (this.#isOurs) this.#nodeState.refuse(this.#operation, waitMs(remaining, rate))
  }

  hold(): void {
    if (this.#isOurs) this.#nodeState.drained(this.#operation, MOST_WAIT_MS)
  }

  serve(): void {
    if (this.#isOurs) this.#nodeState.serve()
  }

  get #isOurs(): boolean {
    return this.#isDrain && this.#nodeState.operation === this.#operation
  }
}

function waitMs(remaining: number, rate: number): number {
  return Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, etaMs(remaining, 0, rate, 0) ?? MOST_WAIT_MS))
}
