import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import { hastyGrace, shutdownBudget, shutdownSteps } from '../shutdown-budget.js'

/** One thing to end after the drain. */
export interface ShutdownStep {
  readonly name: string
  run(): Promise<unknown>
}

export interface ShutdownPorts {
  readonly clock: Clock
  /** Empties the gateway within `graceMs`; the engine's `shutdown`. Resolves when it is empty. */
  readonly drain: (signal: string, graceMs: number) => Promise<unknown>
  /** The drain must be over within `graceMs` from now; the engine's `hastenShutdown`. */
  readonly hasten: (graceMs: number) => void
  /** What is ended after the drain, in this order. */
  readonly steps: readonly ShutdownStep[]
  /** Ends the process. */
  readonly exit: (code: number) => void
  readonly log: { info(message: string): void; warn(message: string): void }
}

/**
 * How the process ends on a signal: drain first, then everything else in order, exit 0 within the grace. A step that
 * does not end in time is left behind and logged.
 */
export class Shutdown {
  readonly #ports: ShutdownPorts
  readonly #graceMs: number
  #beganAtMs: number | null = null
  #deadlineMs = 0
  #isHasty = false
  /** The current wait, which a second signal makes shorter. */
  #wait: { readonly cancel: Cancel; readonly end: () => void; readonly marginMs: number } | null = null

  /** @param graceMs DRAIN_GRACE, from the signal to the exit */
  constructor(ports: ShutdownPorts, graceMs: number) {
    this.#ports = ports
    this.#graceMs = graceMs
  }

  /** Called for every SIGTERM and SIGINT, and whatever counts as one. Resolves when the process is about to exit. */
  async signal(name: string): Promise<void> {
    const now = this.#ports.clock.nowMs()
    if (this.#beganAtMs !== null) {
      this.#again(name, now)
      return
    }
    this.#beganAtMs = now
    this.#deadlineMs = now + this.#graceMs
    this.#ports.log.info(`${name}: draining, at most ${this.#graceMs / 1000} s`)
    const isEmpty = await this.#within(
      'drain',
      this.#ports.drain(name, this.#graceMs),
      shutdownBudget(this.#graceMs).stepsMs,
    )
    if (!isEmpty) this.#ports.log.warn('connections were still open when the grace was nearly over; they are cut')
    for (const step of this.#ports.steps) await this.#within(step.name, attempt(step), 0)
    this.#ports.log.info(`stopped after ${Math.round(this.#ports.clock.nowMs() - now) / 1000} s`)
    this.#ports.exit(0)
  }

  #again(name: string, now: number): void {
    if (now - (this.#beganAtMs as number) < shutdownSteps.sameSignalMs || this.#isHasty) return
    this.#isHasty = true
    if (this.#deadlineMs - now <= hastyGrace.totalMs) return
    this.#deadlineMs = now + hastyGrace.totalMs
    this.#ports.log.info(`${name} again: ${hastyGrace.totalMs / 1000} s are left`)
    this.#ports.hasten(hastyGrace.drainMs)
    const wait = this.#wait
    if (wait === null) return
    wait.cancel()
    const marginMs = Math.max(wait.marginMs, hastyGrace.stepsMs)
    this.#wait = { ...wait, cancel: this.#ports.clock.after(hastyGrace.totalMs - marginMs, wait.end, true) }
  }

  /** Waits for `work`, at most until `marginMs` before the deadline; returns whether it ended well. */
  async #within(name: string, work: Promise<unknown>, marginMs: number): Promise<boolean> {
    const { clock, log } = this.#ports
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const end = (): void => resolve('late')
    const leftMs = Math.max(shutdownSteps.leastMs, this.#deadlineMs - marginMs - clock.nowMs())
    this.#wait = { cancel: clock.after(leftMs, end, true), end, marginMs }
    const outcome = await Promise.race([
      work.then(
        () => 'done' as const,
        (error: unknown) => error,
      ),
      late,
    ])
    this.#wait.cancel()
    this.#wait = null
    if (outcome === 'late') log.warn(`${name} did not end in time and is left behind`)
    else if (outcome !== 'done')
      log.warn(`${name} failed: ${outcome instanceof Error ? outcome.message : String(outcome)}`)
    return outcome === 'done'
  }
}

/** Makes a step that throws at once a step that rejects. */
async function attempt(step: ShutdownStep): Promise<unknown> {
  return step.run()
}
