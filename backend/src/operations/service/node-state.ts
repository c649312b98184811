import type { NodeStatus } from '@gatehouse/protocol/rest'

/** What the node says of itself to balancers, operators and its own admission. */
export type NodeStateName = NodeStatus['state']

/** The switch that turns opening requests away; Admission has it. */
export interface AdmissionGate {
  draining: { readonly retryAfterMs: number } | null
}

type Service =
  | { readonly name: 'serving' }
  | { readonly name: 'draining' | 'drained'; readonly operation: string; readonly retryAfterMs: number | null }

/**
 * Whether this node takes clients, and why not. Operations change it; other parts only add notes, which degrade it
 * without taking it out of service.
 */
export class NodeState {
  readonly #gate: AdmissionGate
  readonly #notes = new Map<string, string>()
  #service: Service = { name: 'serving' }

  constructor(gate: AdmissionGate) {
    this.#gate = gate
  }

  get name(): NodeStateName {
    if (this.#service.name !== 'serving') return this.#service.name
    return this.#notes.size > 0 ? 'degraded' : 'ready'
  }

  /** Whether it is in service: a degraded node still serves, a draining one asks its balancer to look elsewhere. */
  get isReady(): boolean {
    return this.#service.name === 'serving'
  }

  /** Whether opening requests are let in; true while a drain waits for the balancer to notice. */
  get isAccepting(): boolean {
    return this.#service.name === 'serving' || this.#service.retryAfterMs === null
  }

  /** The operation that drains or holds this node. */
  get operation(): string | null {
    return this.#service.name === 'serving' ? null : this.#service.operation
  }

  /** Sentences for people: why it is not simply ready. */
  get notes(): readonly string[] {
    const notes = [...this.#notes.values()]
    if (this.#service.name === 'draining') {
      const how = this.isAccepting
        ? 'it still accepts clients until its balancer has noticed'
        : 'it turns new clients away'
      notes.unshift(`Draining by operation ${this.#service.operation}: ${how}.`)
    }
    if (this.#service.name === 'drained') {
      notes.unshift(
        `Drained by operation ${this.#service.operation}: it turns clients away until it is returned to service.`,
      )
    }
    return notes
  }

  /** No longer ready, but still accepting. */
  prepare(operation: string): void {
    this.#set({ name: 'draining', operation, retryAfterMs: null })
  }

  /** Turns opening requests away from now on; `retryAfterMs` is what they are told. */
  refuse(operation: string, retryAfterMs: number): void {
    this.#set({ name: 'draining', operation, retryAfterMs })
  }

  /** Empty, and stays out of service. */
  drained(operation: string, retryAfterMs: number): void {
    this.#set({ name: 'drained', operation, retryAfterMs })
  }

  /** Back in service, whoever took it out. */
  serve(): void {
    this.#set({ name: 'serving' })
  }

  /** Sets or clears (`null`) one reason for being degraded, by its key. */
  note(key: string, sentence: string | null): void {
    if (sentence === null) this.#notes.delete(key)
    else this.#notes.set(key, sentence)
  }

  #set(service: Service): void {
    this.#service = service
    this.#gate.draining =
      service.name === 'serving' || service.retryAfterMs === null ? null : { retryAfterMs: service.retryAfterMs }
  }
}
