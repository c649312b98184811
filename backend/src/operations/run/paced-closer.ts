import { closeReasons, type CloseEvidence, type CloseReason } from '@gatehouse/protocol'
import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import { closeOrder } from '../plan/close-order.js'
import type { CompleteParameters } from '../plan/drain-pace.js'
import { AchievedRate } from './eta.js'
import type { OperatedConnection, OperationHub } from '../operation-hub.js'
import type { ConnectionEnd, OperationLedger } from './operation-ledger.js'
import { Pacer } from './pacer.js'

export interface PacedCloserPorts {
  readonly clock: Clock
  readonly random: Random
  readonly hub: OperationHub
  readonly ledger: OperationLedger
  readonly reason: CloseReason
  readonly onEnd: (end: ConnectionEnd) => void
}

/** Issues an operation's closes: whose turn it is, how fast, and what the client is told. */
export class PacedCloser {
  readonly #ports: PacedCloserPorts
  readonly #pacer: Pacer
  readonly #achieved = new AchievedRate()
  /** The next one to close is last. */
  #queue: string[] = []
  #sinceSample = 0

  constructor(ports: PacedCloserPorts, rate: number) {
    this.#ports = ports
    this.#pacer = new Pacer(ports.clock, rate)
  }

  /** Closes a second aimed at. */
  get rate(): number {
    return this.#pacer.rate
  }

  set rate(rate: number) {
    this.#pacer.setRate(rate)
  }

  /** Closes a second over the last 10 s of issuing. */
  get achievedRate(): number {
    return this.#achieved.value(this.#ports.clock.nowMs(), !this.#pacer.isRunning || this.isEmpty)
  }

  start(): void {
    if (this.#pacer.isRunning) return
    this.#pacer.start()
    this.#achieved.start(this.#ports.clock.nowMs())
  }

  stop(): void {
    this.#pacer.stop()
  }

  /** Puts all connections whose close is not issued in order. */
  arrange(order: CompleteParameters['order']): void {
    this.#queue = closeOrder(this.#waiting(), order, this.#ports.random).toReversed()
  }

  /** A latecomer is closed last. */
  append(id: string): void {
    this.#queue.unshift(id)
  }

  /** Whether no connection waits for its turn. */
  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  clear(): void {
    this.#queue = []
  }

  /** Issues what is due now. */
  issue(parameters: CompleteParameters, evidence: () => CloseEvidence): void {
    const { hub, ledger } = this.#ports
    let due = this.#pacer.take(Math.min(this.#queue.length, ledger.waiting))
    while (due > 0 && this.#queue.length > 0) {
      const id = this.#queue.pop() as string
      const connection = hub.connections.get(id)
      if (connection === undefined || !ledger.has(id) || ledger.isIssued(id)) continue
      due--
      this.#close(connection, parameters, evidence())
    }
  }

  /** Closes issued since the last call. */
  takeCount(): number {
    const count = this.#sinceSample
    this.#sinceSample = 0
    return count
  }

  #close(connection: OperatedConnection, parameters: CompleteParameters, evidence: CloseEvidence): void {
    const { clock, hub, ledger, reason, onEnd } = this.#ports
    const { id } = connection
    ledger.issue(id)
    this.#sinceSample++
    this.#achieved.add(clock.nowMs(), 1)
    hub.closer.disconnect(connection, reason, evidence, {
      flushMs: parameters.flushTimeoutMs,
      closeTimeoutMs: parameters.closeTimeoutMs,
      done: ({ forced, clean }) => onEnd({ id, reason, code: closeReasons[reason].code, clean, forced }),
    })
  }

  *#waiting(): Generator<OperatedConnection> {
    const { hub, ledger } = this.#ports
    for (const id of ledger.ids()) {
      const connection = ledger.isIssued(id) ? undefined : hub.connections.get(id)
      if (connection !== undefined) yield connection
    }
  }
}
