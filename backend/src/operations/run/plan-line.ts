import { pacedMsOf } from '../plan/drain-pace.js'
import { plannedRemaining } from './burn-down.js'

/** The paced part as it was planned: from when, for how many, how fast. Pauses push it back. */
export class PlanLine {
  readonly #initial: number
  readonly #rate: number
  #beganAtMs: number
  #pausedAtMs: number | null = null

  /** @param nowMs monotonic time at which the paced part begins */
  constructor(nowMs: number, initial: number, rate: number) {
    this.#beganAtMs = nowMs
    this.#initial = initial
    this.#rate = rate
  }

  pause(nowMs: number): void {
    this.#pausedAtMs ??= nowMs
  }

  resume(nowMs: number): void {
    if (this.#pausedAtMs !== null) this.#beganAtMs += nowMs - this.#pausedAtMs
    this.#pausedAtMs = null
  }

  /** When the plan ends, monotonic. */
  endsAtMs(nowMs: number): number {
    return nowMs - this.elapsedMs(nowMs) + pacedMsOf(this.#initial, this.#rate)
  }

  deadlineAtMs(nowMs: number, deadlineMs: number): number {
    return nowMs - this.elapsedMs(nowMs) + deadlineMs
  }

  /** Of the paced part, without its pauses. */
  elapsedMs(nowMs: number): number {
    return (this.#pausedAtMs ?? nowMs) - this.#beganAtMs
  }

  remainingAt(nowMs: number): number {
    return plannedRemaining(this.#initial, this.#rate, this.elapsedMs(nowMs))
  }
}
