import type { Operation, OperationDetail, OperationRequest, Page, Plan } from '@gatehouse/protocol/rest'
import type { ListRequest } from '../../store/repositories/list-request.js'
import type { StoredPlan } from '../../store/repositories/plan-repository.js'
import type { CompleteParameters } from '../plan/drain-pace.js'
import type { EnginePorts, EngineSettings, OperationChange, RunOptions } from './engine-ports.js'
import { OperationFault } from '../operation-fault.js'
import { OperationLog } from './operation-log.js'
import { mergedPage } from './operation-page.js'
import { OperationRun } from './operation-run.js'
import type { OperationSchedule } from './operation-schedule.js'
import { isWaiting, recovered, scheduled, type RunCursor, type WaitingOperation } from './past-run.js'
import { PlanLedger } from '../plan/plan-ledger.js'
import { PlanMaker } from '../plan/plan-maker.js'
import type { RunPorts, Transition } from './run-facts.js'
import { requireAnotherNode, requireNoRival, requireUnchanged } from './run-rules.js'

export type { EnginePorts, EngineSettings, OperationChange, RunOptions } from './engine-ports.js'

/** Ended operations kept in memory, so that they can be shown while the store does not answer. */
const KEPT_RUNS = 50

/** The one engine for all bulk actions: plans, runs and remembers operations of this node. */
export class OperationEngine {
  readonly #ports: EnginePorts
  readonly #settings: EngineSettings
  readonly #maker: PlanMaker
  readonly #plans: PlanLedger
  readonly #log: OperationLog
  /** Runs of this process, oldest first. */
  readonly #runs = new Map<string, OperationRun>()
  /** Operations without a run: those of an earlier process that still hold the node, and those yet to begin. */
  readonly #others = new Map<string, OperationDetail>()
  readonly #waiting = new Map<string, WaitingOperation>()
  readonly #listeners = new Set<(change: OperationChange) => void>()
  #schedule: OperationSchedule | null = null
  #shutdown: { readonly run: OperationRun; readonly over: Promise<Operation> } | null = null

  constructor(ports: EnginePorts, settings: EngineSettings) {
    const { clock, random, hub, operations } = ports
    this.#ports = ports
    this.#settings = settings
    this.#maker = new PlanMaker({ clock, random, hub, ...settings, isAlone: () => ports.nodes().of <= 1 })
    this.#plans = new PlanLedger(clock, ports.plans)
    this.#log = new OperationLog({
      clock,
      operations,
      onFenced: (id) => this.#runs.get(id)?.fail('another process took it over'),
      onError: ports.onStoreError,
    })
    ports.closes.onClosed((record) => {
      for (const run of this.#runs.values()) if (!run.isSettled) run.closed(record)
    })
  }

  /** From now on `schedule` supervises operations; without one they still run, but none can be timed. */
  superviseBy(schedule: OperationSchedule): void {
    this.#schedule = schedule
    for (const [id, { startAt }] of this.#waiting) void this.#follow(id, startAt)
    for (const run of this.#runs.values()) if (!run.isEnded) void this.#follow(run.id)
  }

  /** Calls `listener` at every transition and, with progress, once a second; it must not throw. Returns how to stop. */
  onChange(listener: (change: OperationChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * What the operation would do; runs nothing.
   *
   * @throws OperationFault kind_not_built, invalid_request, invalid_filter, node_unknown
   */
  async plan(request: OperationRequest, by: string): Promise<Plan> {
    const stored = this.#maker.make(request, by)
    await this.#plans.keep(stored)
    return stored.plan
  }

  /**
   * Runs the plan that was shown, now or at `startAt`.
   *
   * @throws OperationFault plan_not_found, plan_expired, plan_changed, operation_running, last_ready_node
   */
  async run(planId: string, by: string, options: RunOptions = {}): Promise<Operation> {
    const stored = await this.#plans.take(planId)
    try {
      const { startAt } = options
      const isTimed = startAt !== undefined && startAt > this.#ports.clock.wallMs()
      return isTimed
        ? await this.#runLater(stored, by, startAt, options.force === true)
        : this.#runNow(stored, by, options)
    } catch (error) {
      this.#plans.release(planId)
      throw error
    }
  }

  pause(id: string, by: string): Operation {
    return this.#order(id, (run) => run.pause(by))
  }

  resume(id: string, by: string): Operation {
    return this.#order(id, (run) => run.resume(by))
  }

  finish(id: string, by: string): Operation {
    return this.#order(id, (run) => run.finish(by))
  }

  /** @param rate closes a second */
  patch(id: string, rate: number): Operation {
    return this.#order(id, (run) => run.setRate(rate))
  }

  /** Also cancels an operation that waits for its time. */
  cancel(id: string, by: string): Operation {
    const waiting = this.#others.get(id)
    if (waiting === undefined || !this.#waiting.delete(id)) return this.#order(id, (run) => run.cancel(by))
    const at = this.#ports.clock.wallMs()
    const phases = [...waiting.phases, { state: 'cancelled' as const, at, by }]
    return this.#setOther({ ...waiting, state: 'cancelled', endedAt: at, phases }, { state: 'cancelled', by })
  }

  /** Puts a drained node back in service. */
  returnToService(id: string): Operation {
    const held = this.#others.get(id)
    if (held === undefined || !held.holds) return this.#order(id, (run) => run.returnToService())
    if (this.#ports.nodeState.operation === id) this.#ports.nodeState.serve()
    const note = 'Done; the node is in service.'
    return this.#setOther({ ...held, holds: false, progress: { ...held.progress, note } }, null)
  }

  /** Runs that have not ended, operations that wait for their time or hold the node; newest first. */
  active(): readonly Operation[] {
    const runs = [...this.#runs.values()].filter((run) => !run.isEnded || run.holds).map((run) => run.view())
    const others = [...this.#others.values()].filter((o) => o.holds || this.#waiting.has(o.id))
    return [...runs, ...others].sort((a, b) => b.createdAt - a.createdAt)
  }

  /**
   * @throws OperationFault operation_not_found
   * @throws StoreUnavailable for an operation that only the store remembers
   */
  async get(id: string): Promise<OperationDetail> {
    const known =
      this.#runs.get(id)?.detail() ?? this.#others.get(id) ?? (await this.#ports.operations.find(id))?.operation
    if (known === undefined) throw new OperationFault('operation_not_found', `There is no operation ${id}.`)
    return known
  }

  /** From the store, updated by what this process knows; from memory alone while the store does not answer. */
  async list(request: ListRequest): Promise<Page<Operation>> {
    const own = [...[...this.#runs.values()].map((run) => run.view()), ...this.#others.values()]
    return mergedPage(request, own, () => this.#ports.operations.list(request))
  }

  /** Takes over what an earlier process of this node left: a hold stays, anything else that was running has failed. */
  async restore(): Promise<void> {
    for (const row of await this.#ports.operations.unfinished(this.#settings.nodeId))
      await this.#recover(row.operation.id)
  }

  /**
   * Checks on an operation for its supervisor. Begins it when its time has come, and settles what a dead process left
   * behind. May be called any number of times.
   */
  async tend(id: string): Promise<'running' | 'over'> {
    const run = this.#runs.get(id)
    if (run !== undefined) return run.isEnded ? 'over' : 'running'
    const waiting = this.#waiting.get(id)
    if (waiting !== undefined) {
      return waiting.startAt > this.#ports.clock.wallMs() ? 'running' : this.#beginWaiting(id, waiting)
    }
    const row = await this.#ports.operations.find(id)
    if (row === undefined || row.operation.endedAt !== null) return 'over'
    if (row.operation.node !== this.#settings.nodeId) return 'running'
    await this.#recover(id)
    return this.#waiting.has(id) ? this.tend(id) : 'over'
  }

  /** The drain of a stop signal; resolves when the node is empty. Called again, it returns the same drain. */
  shutdown(by: string, graceMs = this.#settings.drainGraceMs): Promise<Operation> {
    if (this.#shutdown !== null) return this.#shutdown.over
    for (const run of this.#runs.values()) run.overtake()
    const stored = this.#maker.shutdown(by, graceMs)
    const id = this.#ports.random.id(10)
    const { promise, resolve } = Promise.withResolvers<Operation>()
    const run = this.#begin(id, stored, by, true, (self) => {
      if (self.isSettled) resolve(self.view())
    })
    this.#shutdown = { run, over: promise }
    return promise
  }

  /** The shutdown must be over within `graceMs` from now. */
  hastenShutdown(graceMs: number): void {
    this.#shutdown?.run.hasten(graceMs)
  }

  /** Waits until the store has everything, at most `timeoutMs`; returns whether it has. */
  settle(timeoutMs: number): Promise<boolean> {
    return this.#log.settle(timeoutMs)
  }

  #runNow(stored: StoredPlan, by: string, options: RunOptions): Operation {
    this.#requireUnchanged(stored)
    this.#requireRoomFor(stored, by, options.force === true)
    const id = this.#ports.random.id(10)
    this.#plans.used(stored.plan.planId, id)
    const run = this.#begin(id, stored, by, false, null)
    void this.#follow(id)
    return run.view()
  }

  async #runLater(stored: StoredPlan, by: string, startAt: number, force: boolean): Promise<Operation> {
    if (this.#schedule === null) {
      throw new OperationFault('store_unavailable', 'Operations cannot be timed without the job queue; run it now.')
    }
    const id = this.#ports.random.id(10)
    const operation = scheduled(id, stored, by, this.#ports.clock.wallMs(), startAt)
    const cursor: RunCursor = { isShutdown: false, startAt, force }
    await this.#ports.operations.create({ operation, plan: stored, cursor })
    this.#log.follow(id, stored, 1)
    try {
      await this.#schedule.follow(id, startAt)
    } catch (error) {
      this.#ports.onStoreError(error)
      // The caller is told that nothing will run, so the row that exists already must say so too.
      const failed = recovered(operation, this.#ports.clock.wallMs(), 'the job queue did not take it')
      this.#setOther(failed, { state: 'failed', by: null })
      throw new OperationFault(
        'store_unavailable',
        'The job queue did not take the operation: try again, or run it now.',
      )
    }
    this.#plans.used(stored.plan.planId, id)
    this.#others.set(id, operation)
    this.#waiting.set(id, { stored, startAt, force })
    this.#tell({ operation, entered: { state: 'prepare', by }, point: null, isShutdown: false })
    return operation
  }

  #beginWaiting(id: string, { stored, force }: WaitingOperation): 'running' | 'over' {
    const operation = this.#others.get(id) as OperationDetail
    try {
      // A drain closes all connections there are; a disconnect must still mean those it was shown for.
      if (stored.plan.kind === 'disconnect') this.#requireUnchanged(stored)
      this.#requireRoomFor(stored, operation.by, force)
    } catch (fault) {
      if (!(fault instanceof OperationFault)) throw fault
      this.#waiting.delete(id)
      this.#setOther(recovered(operation, this.#ports.clock.wallMs(), fault.message), { state: 'failed', by: null })
      return 'over'
    }
    this.#waiting.delete(id)
    this.#others.delete(id)
    return this.#begin(id, stored, operation.by, false, null, operation.createdAt).isEnded ? 'over' : 'running'
  }

  #begin(
    id: string,
    stored: StoredPlan,
    by: string,
    isShutdown: boolean,
    also: ((run: OperationRun) => void) | null,
    createdAt = this.#ports.clock.wallMs(),
  ): OperationRun {
    const { clock, random, hub, nodeState, pendingHandshakes } = this.#ports
    const ports: RunPorts = { clock, random, hub, nodeState, pendingHandshakes }
    // Only the plan maker makes plans, and it leaves no parameter open.
    const parameters = stored.plan.parameters as CompleteParameters
    const run = new OperationRun(ports, { id, stored, parameters, by, createdAt, isShutdown }, (self, entered) => {
      this.#changed(self, entered)
      also?.(self)
    })
    this.#forgetOldRuns()
    this.#runs.set(id, run)
    if (!this.#log.follows(id)) this.#log.follow(id, stored, null)
    run.begin(stored.plan.kind === 'drain' ? hub.connections.keys() : stored.ids)
    return run
  }

  #changed(run: OperationRun, entered: Transition | null): void {
    const cursor: RunCursor = { isShutdown: run.facts.isShutdown, startAt: null }
    this.#log.write(run.id, run.detail(), cursor, run.isSettled && !run.holds)
    this.#tell({ operation: run.view(), entered, point: run.point, isShutdown: run.facts.isShutdown })
  }

  #requireUnchanged(stored: StoredPlan): void {
    requireUnchanged(stored, this.#maker.select(stored.plan.kind, stored.plan.target).size)
  }

  #requireRoomFor(stored: StoredPlan, by: string, force: boolean): void {
    if (stored.plan.kind !== 'drain') return
    const rival = this.active().find((o) => o.kind === 'drain' && !this.#waiting.has(o.id))
    if (!force) {
      requireNoRival(rival)
      requireAnotherNode(this.#ports.nodes(), this.#ports.nodeState.isReady)
    }
    if (rival?.holds === true) this.returnToService(rival.id)
    else if (rival !== undefined) this.#order(rival.id, (run) => run.cancel(by, 'another drain was forced'))
  }

  async #recover(id: string): Promise<void> {
    // What the log follows belongs to this process, even if forgotten here: its last state is being written.
    if (this.#runs.has(id) || this.#others.has(id) || this.#log.follows(id)) return
    const row = await this.#ports.operations.claim(id)
    if (row === undefined) return
    this.#log.follow(id, row.plan, row.epoch)
    const { operation } = row
    if (isWaiting(row)) {
      this.#others.set(id, operation)
      const { startAt, force = false } = row.cursor as RunCursor
      this.#waiting.set(id, { stored: row.plan, startAt: startAt ?? 0, force })
      await this.#follow(id, startAt ?? 0)
      return
    }
    const now =
      operation.endedAt !== null && operation.holds ? operation : recovered(operation, this.#ports.clock.wallMs())
    if (now.holds) this.#hold(now)
    if (now === operation) this.#others.set(id, now)
    else this.#setOther(now, { state: now.state, by: null })
  }

  /** Only the newest hold counts: it has replaced any older one. */
  #hold(operation: OperationDetail): void {
    for (const other of this.#others.values()) if (other.holds) this.#setOther({ ...other, holds: false }, null)
    this.#ports.nodeState.drained(operation.id, 30_000)
  }

  #setOther(operation: OperationDetail, entered: Transition | null): Operation {
    const isOver = operation.endedAt !== null && !operation.holds
    this.#others.set(operation.id, operation)
    this.#log.write(operation.id, operation, { isShutdown: false, startAt: null } satisfies RunCursor, isOver)
    if (isOver) this.#forgetOldOthers()
    this.#tell({ operation, entered, point: null, isShutdown: false })
    return operation
  }

  #order(id: string, order: (run: OperationRun) => void): Operation {
    const run = this.#runs.get(id)
    if (run === undefined) {
      const other = this.#others.get(id)
      if (other === undefined)
        throw new OperationFault('operation_not_found', `There is no operation ${id} on this node.`)
      throw new OperationFault('not_in_this_state', `Operation ${id} is not running; its state is ${other.state}.`)
    }
    order(run)
    return run.view()
  }

  async #follow(id: string, startAt?: number): Promise<void> {
    try {
      await this.#schedule?.follow(id, startAt)
    } catch (error) {
      this.#ports.onStoreError(error)
    }
  }

  #forgetOldRuns(): void {
    for (const [id, run] of this.#runs) {
      if (this.#runs.size < KEPT_RUNS) return
      if (run.isSettled && !run.holds) this.#runs.delete(id)
    }
  }

  #forgetOldOthers(): void {
    const over = [...this.#others.values()].filter((o) => o.endedAt !== null && !o.holds)
    for (const { id } of over.slice(0, -KEPT_RUNS)) this.#others.delete(id)
  }

  #tell(change: OperationChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}
