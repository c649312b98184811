/** Time and timers, injected so that tests decide when anything happens. */
export abstract class Clock {
  /** Wall time, milliseconds since 1970. Only for what people and tokens see; it may jump. */
  abstract wallMs(): number
  /** Monotonic milliseconds from an arbitrary start. Every deadline is measured with it. */
  abstract nowMs(): number
  /** How long this thread has waited for something to do since an arbitrary start, milliseconds. */
  abstract idleMs(): number
  /** Runs `task` once after `ms`; returns how to cancel it. Keeps the process alive only if `hold` is true. */
  abstract after(ms: number, task: () => void, hold?: boolean): Cancel
  /** Runs `task` every `ms` until cancelled; never keeps the process alive. */
  abstract every(ms: number, task: () => void): Cancel
  /** Runs `task` when this turn of the event loop has taken all the input it had. */
  abstract atTurnEnd(task: () => void): void
}

export type Cancel = () => void
