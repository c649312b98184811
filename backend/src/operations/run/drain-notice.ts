import type { CompleteParameters } from '../plan/drain-pace.js'
import { reconnectWindowMs } from '../plan/drain-pace.js'
import type { OperationLedger } from './operation-ledger.js'
import type { RunPorts } from './run-facts.js'

/** How many clients are told of a drain in one step: some 10 ms of work. */
const NOTICES_PER_STEP = 1000

/** Tells clients that a drain is coming, each with its own time to reconnect, a bounded number at a time. */
export class DrainNotice {
  readonly #ports: Pick<RunPorts, 'clock' | 'random' | 'hub'>
  readonly #operation: string
  readonly #ledger: OperationLedger
  #untold: string[] = []

  constructor(ports: Pick<RunPorts, 'clock' | 'random' | 'hub'>, operation: string, ledger: OperationLedger) {
    this.#ports = ports
    this.#operation = operation
    this.#ledger = ledger
  }

  get isTold(): boolean {
    return this.#untold.length === 0
  }

  add(id: string): void {
    this.#untold.push(id)
  }

  clear(): void {
    this.#untold = []
  }

  /** @param waitMs until the paced part begins */
  tell(waitMs: number, parameters: CompleteParameters): void {
    for (const id of this.#untold.splice(0, NOTICES_PER_STEP)) this.#tellOne(id, waitMs, parameters)
  }

  #tellOne(id: string, waitMs: number, parameters: CompleteParameters): void {
    const { clock, random, hub } = this.#ports
    const connection = hub.connections.get(id)
    if (connection === undefined || connection.state !== 'open') return
    this.#ledger.notified(id)
    hub.replier.push(connection, {
      event: 'drain',
      operation: this.#operation,
      deadline: Math.round(clock.wallMs() + waitMs + parameters.deadlineMs),
      reconnectAfterMs: Math.floor(random.number() * reconnectWindowMs(parameters, this.#ledger.initial)),
    })
  }
}
