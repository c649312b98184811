import type { Operation, OperationRequest, OperationState } from '@gatehouse/protocol/rest'
import type { OperationRepository } from '../../store/repositories/operation-repository.js'
import { FakeSocket } from '../../realtime/testing/fake-socket.js'
import { TestHub, type TestClient } from '../../realtime/testing/test-hub.js'
import { CloseWatch } from '../run/close-watch.js'
import { NodeState } from '../service/node-state.js'
import { OperationEngine, type OperationChange, type RunOptions } from '../run/operation-engine.js'
import { MemoryOperations, MemoryPlans } from './memory-operations.js'

export interface RigOptions {
  readonly drainGraceMs?: number
  readonly nodes?: { ready: number; of: number }
  /** A store that an earlier process used. */
  readonly operations?: MemoryOperations
  /** Instead of a store in memory. */
  readonly repository?: OperationRepository
}

/** An engine over a test hub with hand-moved time, and clients that a test plays. */
export class EngineRig {
  readonly test = new TestHub()
  readonly hub = this.test.hub
  readonly clock = this.test.clock
  readonly gate: { draining: { readonly retryAfterMs: number } | null } = { draining: null }
  readonly nodeState = new NodeState(this.gate)
  readonly plans = new MemoryPlans()
  readonly operations: MemoryOperations
  readonly changes: OperationChange[] = []
  readonly errors: unknown[] = []
  readonly engine: OperationEngine
  readonly clients: TestClient[] = []
  nodes: { ready: number; of: number }
  pendingHandshakes = 0
  #opened = 0

  constructor(options: RigOptions = {}) {
    this.operations = options.operations ?? new MemoryOperations()
    this.nodes = options.nodes ?? { ready: 1, of: 1 }
    const { records, random } = this.test
    const sink = Object.create(records) as typeof records
    const closes = new CloseWatch(sink)
    records.closed = (record) => {
      records.closes.push(record)
      closes.closed(record)
    }
    sink.closed = () => undefined
    this.engine = new OperationEngine(
      {
        clock: this.clock,
        random,
        hub: this.hub,
        nodeState: this.nodeState,
        closes,
        plans: this.plans,
        operations: options.repository ?? this.operations,
        pendingHandshakes: () => this.pendingHandshakes,
        nodes: () => this.nodes,
        onStoreError: (error) => this.errors.push(error),
      },
      { nodeId: 'node-1', drainGraceMs: options.drainGraceMs ?? 25_000 },
    )
    this.engine.onChange((change) => this.changes.push(change))
  }

  /** Opens authenticated connections of one user each, which answer pings. */
  connect(count: number, user = 'user'): TestClient[] {
    return Array.from({ length: count }, () => {
      const client = this.test.client(`${user}${this.#opened++}`, undefined, new FakeSocket())
      client.socket.ping = () => this.hub.ponged(client.c)
      this.clients.push(client)
      return client
    })
  }

  /** The client leaves, by its own close frame or, with no code, by a cut. */
  leave({ c }: TestClient, code?: number): void {
    this.hub.closer.socketClosed(c, { code: code ?? 1006, text: '', hadCloseFrame: code !== undefined })
  }

  /** A client that ignores the close frame: only a cut ends it. */
  deafen({ socket }: TestClient): void {
    socket.onClose = () => undefined
  }

  async start(request: OperationRequest, options?: RunOptions): Promise<Operation> {
    const plan = await this.engine.plan({ reason: 'because', ...request }, 'olga')
    return this.engine.run(plan.planId, 'olga', options)
  }

  drain(parameters: OperationRequest['parameters'] = {}, options?: RunOptions): Promise<Operation> {
    return this.start({ kind: 'drain', parameters: { lbWaitMs: 0, noticeMs: 0, ...parameters } }, options)
  }

  /** States an operation entered, in order. */
  states(id: string): OperationState[] {
    return this.changes.flatMap(({ operation, entered }) =>
      operation.id === id && entered !== null ? [entered.state] : [],
    )
  }

  /** Lets pending calls to the store complete. */
  async written(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
}
