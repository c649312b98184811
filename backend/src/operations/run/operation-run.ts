import type { BurnPoint, Operation, OperationDetail, OperationState } from '@gatehouse/protocol/rest'
import type { Cancel } from '../../realtime/ports/clock.js'
import type { CloseRecordDraft } from '../../realtime/ports/record-sink.js'
import { BurnDown } from './burn-down.js'
import { PacedCloser } from './paced-closer.js'
import { DrainNotice } from './drain-notice.js'
import { deadlineAtRate, finishRateOf, rateFor, type CompleteParameters } from '../plan/drain-pace.js'
import { NodeClaim } from './node-claim.js'
import { OperationFault } from '../operation-fault.js'
import { hastyClosing, shutdownSteps } from '../shutdown-budget.js'
import { OperationLedger, type ConnectionEnd } from './operation-ledger.js'
import { operationView } from './operation-view.js'
import { STEP_MS } from './pacer.js'
import { PlanLine } from './plan-line.js'
import { evidenceOf, reasonOf, type RunFacts, type RunPorts, type Transition } from './run-facts.js'
import { RunStates } from './run-states.js'
import { stragglersOf } from './stragglers.js'

export type RunListener = (run: OperationRun, entered: Transition | null) => void

const SAMPLE_MS = 1000
/** How often to look for latecomers while opening requests may still complete. */
const LOOK_MS = 250
/** No close may take longer than flush and close timeout plus this; one that does is a defect and ends the run. */
const STALL_MARGIN_MS = 10_000

/** One running operation: its states and its books. Needs only the clock and the hub, nothing that can be down. */
export class OperationRun {
  readonly facts: RunFacts
  readonly #ports: RunPorts
  readonly #tell: RunListener
  readonly #ledger: OperationLedger
  readonly #closer: PacedCloser
  readonly #notice: DrainNotice
  readonly #node: NodeClaim
  readonly #states = new RunStates()
  readonly #burnDown = new BurnDown()
  #parameters: CompleteParameters
  #failure: string | null = null
  #holds = false
  #isOvertaken = false
  #stopSteps: Cancel | null = null
  #phaseEndsAtMs = 0
  #nextLookMs = 0
  #nextSampleMs = 0
  #lastEndAtMs = 0
  /** Null before the paced part. */
  #line: PlanLine | null = null

  constructor(ports: RunPorts, facts: RunFacts, tell: RunListener) {
    this.#ports = ports
    this.facts = facts
    this.#tell = tell
    this.#parameters = facts.parameters
    const reason = reasonOf(facts)
    this.#ledger = new OperationLedger(reason)
    this.#node = new NodeClaim(ports.nodeState, facts.id, this.isDrain)
    this.#notice = new DrainNotice(ports, facts.id, this.#ledger)
    const onEnd = (end: ConnectionEnd): void => this.#ended(end)
    this.#closer = new PacedCloser({ ...ports, ledger: this.#ledger, reason, onEnd }, facts.parameters.rate)
  }

  get id(): string {
    return this.facts.id
  }

  get isDrain(): boolean {
    return this.facts.stored.plan.kind === 'drain'
  }

  get isEnded(): boolean {
    return this.#states.isEnded
  }

  /** Ended, and every close it issued is complete too: the books no longer change. */
  get isSettled(): boolean {
    return this.isEnded && this.#ledger.inFlight === 0
  }

  /** A done drain that keeps its node out of service. */
  get holds(): boolean {
    return this.#holds
  }

  /** The newest point of the burn-down. */
  get point(): BurnPoint | null {
    return this.#burnDown.last
  }

  /** Begins with these connections in scope; those that are gone by now are left out. */
  begin(ids: Iterable<string>): void {
    const now = this.#ports.clock.nowMs()
    for (const id of ids) if (this.#ports.hub.connections.has(id)) this.#ledger.add(id, false)
    this.#lastEndAtMs = now
    this.#nextSampleMs = now + SAMPLE_MS
    this.#phaseEndsAtMs = now + this.#parameters.lbWaitMs
    this.#node.take()
    this.#enter('prepare', this.facts.by)
    this.#stopSteps = this.#ports.clock.every(STEP_MS, () => this.#step())
    this.#step()
  }

  /** @throws OperationFault not_in_this_state, as all orders below */
  pause(by: string): void {
    this.#states.require(this.id, 'pause', ['run'])
    this.#line?.pause(this.#ports.clock.nowMs())
    this.#closer.stop()
    this.#enter('pause', by)
  }

  resume(by: string): void {
    this.#states.require(this.id, 'resume', ['pause'])
    this.#line?.resume(this.#ports.clock.nowMs())
    this.#closer.start()
    this.#enter('run', by)
  }

  /** Stops issuing closes; a drain returns its node to service. Closes already issued still complete. */
  cancel(by: string | null, why: string | null = null): void {
    this.#states.require(this.id, 'cancel', ['prepare', 'notify', 'run', 'pause', 'finish'])
    this.#failure = why
    this.#end('cancelled', by)
    this.#node.serve()
  }

  /** Closes what is left now, at the finish rate. */
  finish(by: string): void {
    this.#states.require(this.id, 'finish', ['prepare', 'notify', 'run', 'pause'])
    this.#node.refuse(this.#ledger.remaining, this.#closer.rate)
    this.#toFinish(by, finishRateOf(this.#parameters.rate))
  }

  /** @param rate closes a second */
  setRate(rate: number): void {
    this.#states.require(this.id, 'change the rate of', ['prepare', 'notify', 'run', 'pause'])
    const elapsedMs = this.#line?.elapsedMs(this.#ports.clock.nowMs()) ?? 0
    const deadlineMs = deadlineAtRate(this.#parameters, rate, this.#ledger.remaining, elapsedMs)
    // The deadline of a stop signal is its grace, which no rate can extend.
    this.#parameters = { ...this.#parameters, rate, ...(this.facts.isShutdown ? {} : { deadlineMs }) }
    this.#closer.rate = rate
    this.#tell(this, null)
  }

  /** Puts a done drain's node back in service. */
  returnToService(): void {
    if (!this.#holds) {
      throw new OperationFault('not_in_this_state', `Operation ${this.id} does not hold its node out of service.`)
    }
    this.#holds = false
    this.#node.serve()
    this.#tell(this, null)
  }

  /** A stop signal takes over: the shutdown closes what is left, this run only keeps its books to the end. */
  overtake(): void {
    if (this.isEnded) return
    this.#isOvertaken = true
    this.#toFinish(null, this.#closer.rate)
    this.#closer.clear()
    this.#closer.stop()
  }

  /** Must be over within `graceMs`: what is left is closed at once, with a short wait for each. */
  hasten(graceMs: number): void {
    if (this.isEnded) return
    const { issueMs, patienceMs } = hastyClosing(graceMs)
    this.#parameters = { ...this.#parameters, flushTimeoutMs: patienceMs, closeTimeoutMs: patienceMs }
    this.#node.refuse(this.#ledger.remaining, this.#closer.rate)
    this.#toFinish(null, Math.max(finishRateOf(this.#parameters.rate), rateFor(this.#ledger.waiting, issueMs)))
  }

  /** Ends it with a cause; a drain returns its node to service, because nobody could order that later. */
  fail(cause: string): void {
    if (this.isEnded) return
    this.#failure = cause
    this.#end('failed', null)
    this.#node.serve()
  }

  /** Called for the end of every connection of the hub. */
  closed(record: CloseRecordDraft): void {
    const forced = record.evidence.forced === true
    this.#ended({ id: record.id, reason: record.reason, code: record.code, clean: record.clean, forced })
  }

  view(): Operation {
    const nowMs = this.#ports.clock.nowMs()
    return operationView({
      facts: this.facts,
      parameters: this.#parameters,
      states: this.#states,
      failure: this.#failure,
      holds: this.#holds,
      isOvertaken: this.#isOvertaken,
      ledger: this.#ledger,
      line: this.#line,
      closer: this.#closer,
      waitMs: this.#waitMs(nowMs),
      nowMs,
      wallMs: this.#ports.clock.wallMs(),
    })
  }

  detail(): OperationDetail {
    return {
      ...this.view(),
      burnDown: [...this.#burnDown.points],
      stragglers: this.isEnded ? [] : stragglersOf(this.#ports.hub, this.#ledger),
      codes: { ...this.#ledger.codes },
    }
  }

  #step(): void {
    const now = this.#ports.clock.nowMs()
    if (this.isDrain && now >= this.#nextLookMs) {
      this.#nextLookMs = now + LOOK_MS
      this.#adoptLatecomers()
    }
    if (this.#states.current === 'prepare' && now >= this.#phaseEndsAtMs) this.#toNotify(now)
    if (this.#states.current === 'notify') this.#stepNotify(now)
    if (this.#states.current === 'run') this.#stepRun(now)
    if (this.#states.current === 'finish') this.#stepFinish(now)
    if (now >= this.#nextSampleMs && !this.isEnded) {
      while (this.#nextSampleMs <= now) this.#nextSampleMs += SAMPLE_MS
      this.#reconcile()
      this.#sample(now)
      this.#tell(this, null)
    }
  }

  #toNotify(now: number): void {
    if (!this.isDrain) {
      this.#toRun(now)
      return
    }
    this.#node.refuse(this.#ledger.remaining, this.#closer.rate)
    for (const id of this.#ledger.ids()) this.#notice.add(id)
    this.#phaseEndsAtMs = now + this.#parameters.noticeMs
    this.#enter('notify', null)
  }

  #stepNotify(now: number): void {
    this.#notice.tell(this.#waitMs(now), this.#parameters)
    const isOver = now >= this.#phaseEndsAtMs || (this.facts.isShutdown && this.#ledger.remaining === 0)
    if (isOver && this.#notice.isTold) this.#toRun(now)
  }

  #toRun(now: number): void {
    // A stop signal's grace is fixed, so its rate follows from how many are left after the notice.
    if (this.facts.isShutdown) this.#closer.rate = rateFor(this.#ledger.remaining, this.#parameters.durationMs)
    this.#closer.arrange(this.#parameters.order)
    this.#line = new PlanLine(now, this.#ledger.remaining, this.#closer.rate)
    this.#closer.start()
    this.#enter('run', null)
    this.#sample(now)
  }

  #stepRun(now: number): void {
    this.#closer.issue(this.#parameters, () => evidenceOf(this.facts, this.#parameters, this.#ports.random))
    if (this.#ledger.waiting === 0) this.#toFinish(null, this.#closer.rate)
    else if (now >= (this.#line?.deadlineAtMs(now, this.#parameters.deadlineMs) ?? now)) {
      const hasty = this.facts.isShutdown ? rateFor(this.#ledger.waiting, shutdownSteps.lastClosesMs) : 0
      this.#toFinish(null, Math.max(hasty, finishRateOf(this.#parameters.rate)))
    }
  }

  #toFinish(by: string | null, rate: number): void {
    const now = this.#ports.clock.nowMs()
    this.#line ??= new PlanLine(now, this.#ledger.remaining, rate)
    this.#line.resume(now)
    this.#lastEndAtMs = now
    if (!this.#isOvertaken) this.#closer.arrange(this.#parameters.order)
    this.#closer.rate = rate
    this.#closer.start()
    if (this.#states.current !== 'finish') this.#enter('finish', by)
  }

  #stepFinish(now: number): void {
    if (!this.#isOvertaken) {
      this.#closer.issue(this.#parameters, () => evidenceOf(this.facts, this.#parameters, this.#ports.random))
      if (this.#closer.isEmpty && this.#ledger.waiting > 0) this.#closer.arrange(this.#parameters.order)
    }
    if (this.#ledger.remaining === 0) {
      if (this.isDrain) this.#adoptLatecomers()
      if (this.#ledger.remaining === 0 && (!this.isDrain || this.#ports.pendingHandshakes() === 0)) this.#complete()
      return
    }
    const patienceMs = this.#parameters.flushTimeoutMs + this.#parameters.closeTimeoutMs + STALL_MARGIN_MS
    if (this.#isOvertaken || this.#ledger.waiting > 0 || now - this.#lastEndAtMs <= patienceMs) return
    this.#reconcile()
    if (this.#ledger.remaining > 0) this.fail(`${this.#ledger.remaining} stayed open although they were cut`)
  }

  #complete(): void {
    this.#holds = this.isDrain && !this.facts.isShutdown && this.#parameters.onDone === 'hold'
    if (this.#holds || this.facts.isShutdown) this.#node.hold()
    else this.#node.serve()
    this.#end('done', null)
  }

  #end(state: 'done' | 'cancelled' | 'failed', by: string | null): void {
    const now = this.#ports.clock.nowMs()
    this.#line?.resume(now)
    this.#sample(now)
    this.#stopSteps?.()
    this.#stopSteps = null
    this.#closer.stop()
    this.#closer.clear()
    this.#notice.clear()
    this.#ledger.freeze()
    this.#enter(state, by)
  }

  #adoptLatecomers(): void {
    for (const id of this.#ports.hub.connections.keys()) {
      if (!this.#ledger.add(id, true)) continue
      if (this.#states.current === 'notify') this.#notice.add(id)
      else if (this.#states.current !== 'prepare') this.#closer.append(id)
    }
  }

  /** Enters the end of connections that vanished unreported, so that one lost call cannot hang the books. */
  #reconcile(): void {
    for (const id of this.#ledger.ids()) {
      if (this.#ports.hub.connections.has(id)) continue
      const reason = this.#ledger.isIssued(id) ? reasonOf(this.facts) : null
      this.#ended({ id, reason, code: null, clean: false, forced: reason !== null })
    }
  }

  #ended(end: ConnectionEnd): void {
    if (!this.#ledger.end(end)) return
    this.#lastEndAtMs = this.#ports.clock.nowMs()
    if (this.isSettled) this.#tell(this, null)
  }

  #sample(now: number): void {
    if (this.#line === null) return
    this.#burnDown.add({
      at: this.#ports.clock.wallMs(),
      remaining: this.#ledger.remaining,
      planned: this.#line.remainingAt(now),
      closes: this.#closer.takeCount(),
      target: this.#states.current === 'pause' ? 0 : this.#closer.rate,
    })
  }

  /** Until the paced part begins. */
  #waitMs(now: number): number {
    const leftMs = Math.max(0, this.#phaseEndsAtMs - now)
    if (this.#states.current === 'prepare') return leftMs + this.#parameters.noticeMs
    return this.#states.current === 'notify' ? leftMs : 0
  }

  #enter(state: OperationState, by: string | null): void {
    this.#states.enter(state, by, this.#ports.clock.wallMs())
    this.#tell(this, { state, by })
  }
}
