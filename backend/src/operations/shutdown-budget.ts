import { closeBudget } from '../realtime/ports/close-budget.js'

/** With this grace or more every part of a stop has its full time; a shorter grace shrinks all parts alike. */
const FULL_GRACE_MS = 12_000
const NOTICE_MS = 1_000
/** Between the last close and the end of the grace. */
const REST_MS = 2_000

/** How the grace of a stop signal is spent, milliseconds. */
export interface ShutdownBudget {
  /** From the notice to the first close. */
  readonly noticeMs: number
  /** Over which the closes are spread. */
  readonly pacedMs: number
  /** For each connection: to write what waits, and to answer the close frame. */
  readonly flushMs: number
  readonly answerMs: number
  /** Kept for the steps after the drain. */
  readonly stepsMs: number
}

/** @param graceMs DRAIN_GRACE, from the signal to the exit */
export function shutdownBudget(graceMs: number): ShutdownBudget {
  const { flushMs, answerMs } = closeBudget
  const scale = Math.min(1, graceMs / FULL_GRACE_MS)
  const unpacedMs = NOTICE_MS + flushMs + answerMs + REST_MS
  return {
    noticeMs: Math.round(NOTICE_MS * scale),
    pacedMs: Math.max(1, Math.round(graceMs - unpacedMs * scale)),
    flushMs: Math.round(flushMs * scale),
    answerMs: Math.round(answerMs * scale),
    stepsMs: graceMs / 12,
  }
}

/** What a second signal leaves, milliseconds. */
export const hastyGrace = {
  totalMs: 2_000,
  /** For the drain. */
  drainMs: 1_000,
  /** Kept for the steps after the drain. */
  stepsMs: 500,
} as const

/** How a drain that must be over within `drainMs` closes what is left. */
export function hastyClosing(drainMs: number): { readonly issueMs: number; readonly patienceMs: number } {
  return {
    /** Over which the closes are issued. */
    issueMs: drainMs / 4,
    /** For each connection to write what waits, and again to answer. */
    patienceMs: Math.max(1, Math.floor(drainMs / 3)),
  }
}

/** Bounds on the single steps of a stop, milliseconds. */
export const shutdownSteps = {
  /** A terminal, a shell and npm may each pass the same Ctrl-C on: signals within this time count as one. */
  sameSignalMs: 2_000,
  /** A step at the very end of the grace still gets this long: ending PostgreSQL is worth it. */
  leastMs: 100,
  /** For the closes that are left when the paced part is over. */
  lastClosesMs: 1_000,
  /** For jobs under way. */
  jobsMs: 2_000,
  /** For operations to be written. */
  writesMs: 1_500,
  /** For answers under way on the control port. */
  answersMs: 1_000,
  /** For close records and refusals to be written. */
  recordsMs: 2_000,
} as const
