import type { OperationParameters, Plan } from '@gatehouse/protocol/rest'
import { closeBudget } from '../../realtime/ports/close-budget.js'
import { shutdownBudget } from '../shutdown-budget.js'

/** All parameters of an operation, with every default filled in. */
export type CompleteParameters = {
  readonly [K in Exclude<keyof OperationParameters, 'message' | 'retryAfterMs' | 'disconnectReason'>]-?: NonNullable<
    OperationParameters[K]
  >
} & Pick<OperationParameters, 'message' | 'retryAfterMs' | 'disconnectReason'>

export type OperationKind = Plan['kind']

/** A balancer that probes every 5 s and wants two failures has noticed by then. */
const DEFAULT_LB_WAIT_MS = 10_000
const DEFAULT_NOTICE_MS = 5_000
const DEFAULT_DURATION_MS = 60_000
const DEFAULT_DISCONNECT_RATE = 100
const LOWEST_RATE = 0.1
const HIGHEST_RATE = 100_000
/** The lowest rate of a finish, closes a second: 20,000 connections in 40 s. */
const LEAST_FINISH_RATE = 500
/** A day; an operation may not take longer. */
const LONGEST_MS = 86_400_000
/** What a stop needs besides the drain: the last jobs, the store, the process. */
const STOP_MARGIN_MS = 10_000

/**
 * Fills the defaults in. The rate follows from the duration unless the request names one.
 *
 * @param isAlone no other node could take the clients, so there is no balancer worth waiting for
 */
export function completeParameters(
  kind: OperationKind,
  asked: OperationParameters,
  connections: number,
  isAlone: boolean,
): CompleteParameters {
  const isDrain = kind === 'drain'
  const askedDurationMs = asked.durationMs ?? (isDrain ? DEFAULT_DURATION_MS : undefined)
  const rate = clampRate(
    asked.rate ?? (askedDurationMs === undefined ? DEFAULT_DISCONNECT_RATE : (connections * 1000) / askedDurationMs),
  )
  const durationMs =
    asked.rate === undefined && askedDurationMs !== undefined ? askedDurationMs : pacedMsOf(connections, rate)
  return {
    durationMs: Math.min(LONGEST_MS, Math.max(1000, Math.round(durationMs))),
    rate,
    lbWaitMs: isDrain ? (asked.lbWaitMs ?? (isAlone ? 0 : DEFAULT_LB_WAIT_MS)) : 0,
    noticeMs: isDrain ? (asked.noticeMs ?? DEFAULT_NOTICE_MS) : 0,
    flushTimeoutMs: asked.flushTimeoutMs ?? closeBudget.flushMs,
    closeTimeoutMs: asked.closeTimeoutMs ?? closeBudget.answerMs,
    deadlineMs: asked.deadlineMs ?? deadlineMsOf(connections, rate),
    order: asked.order ?? 'idle',
    onDone: isDrain ? (asked.onDone ?? 'hold') : 'serve',
    ...(isDrain ? {} : { disconnectReason: asked.disconnectReason ?? 'force_reconnect' }),
    ...(asked.message === undefined ? {} : { message: asked.message }),
    ...(asked.retryAfterMs === undefined ? {} : { retryAfterMs: asked.retryAfterMs }),
  }
}

/** How long issuing that many closes takes, milliseconds. */
export function pacedMsOf(connections: number, rate: number): number {
  return connections === 0 ? 0 : Math.ceil((connections / rate) * 1000)
}

/** When closing that many should be over, milliseconds from its beginning: generous, but bounded. */
function deadlineMsOf(connections: number, rate: number): number {
  return Math.min(LONGEST_MS, 2 * pacedMsOf(connections, rate) + 30_000)
}

/**
 * The deadline at another rate, with `left` still to close after `elapsedMs`. Never earlier than before: an operator
 * who slows an operation down does not want a burst at the deadline of its old rate.
 */
export function deadlineAtRate(parameters: CompleteParameters, rate: number, left: number, elapsedMs: number): number {
  const needed = Math.min(LONGEST_MS, Math.round(elapsedMs) + deadlineMsOf(left, rate))
  return Math.max(parameters.deadlineMs, needed)
}

export function estimateOf(parameters: CompleteParameters, connections: number): Plan['estimate'] {
  const pacedMs = pacedMsOf(connections, parameters.rate)
  const settleMs = connections === 0 ? 0 : parameters.closeTimeoutMs
  return { rate: parameters.rate, pacedMs, totalMs: parameters.lbWaitMs + parameters.noticeMs + pacedMs + settleMs }
}

/** Closes a second for what is left when the deadline has passed or an operator says to finish. */
export function finishRateOf(rate: number): number {
  return Math.max(2 * rate, LEAST_FINISH_RATE)
}

/** The rate that empties `connections` in `durationMs`, within what the engine can do. */
export function rateFor(connections: number, durationMs: number): number {
  return clampRate((connections * 1000) / Math.max(1, durationMs))
}

/** The window over which clients are asked to spread their next opening, from the notice to the last close. */
export function reconnectWindowMs(parameters: CompleteParameters, connections: number): number {
  return Math.min(600_000, parameters.noticeMs + pacedMsOf(connections, parameters.rate))
}

export interface Circumstances {
  readonly isAlone: boolean
  /** DRAIN_GRACE of this node, milliseconds. */
  readonly drainGraceMs: number
  readonly usersLeftWithNone: number
  readonly roomsEmptied: number
  readonly connections: number
}

/** The drain that a stop signal begins: there is no balancer to wait for, and the shutdown budget divides the grace. */
export function shutdownParameters(connections: number, drainGraceMs: number): CompleteParameters {
  const { noticeMs, pacedMs, flushMs, answerMs } = shutdownBudget(drainGraceMs)
  return {
    durationMs: pacedMs,
    rate: rateFor(connections, pacedMs),
    lbWaitMs: 0,
    noticeMs: connections === 0 ? 0 : noticeMs,
    flushTimeoutMs: flushMs,
    closeTimeoutMs: answerMs,
    deadlineMs: pacedMs,
    order: 'idle',
    onDone: 'serve',
  }
}

/** What a person should read before running the plan. */
export function warningsOf(kind: OperationKind, parameters: CompleteParameters, around: Circumstances): string[] {
  const warnings: string[] = []
  if (around.connections === 0) warnings.push('No connection is affected at this moment.')
  if (kind === 'drain') {
    if (around.isAlone) {
      const until = parameters.onDone === 'hold' ? 'it is returned to service' : 'the drain is done'
      warnings.push(`No other node can take the clients: they cannot reconnect until ${until}.`)
    }
    const neededMs = estimateOf(parameters, around.connections).totalMs + STOP_MARGIN_MS
    if (neededMs > around.drainGraceMs) {
      warnings.push(
        `It takes ${seconds(neededMs)} with its margin, longer than DRAIN_GRACE (${seconds(around.drainGraceMs)}): ` +
          'a stop signal that comes meanwhile cuts the rest short.',
      )
    }
    if (parameters.onDone === 'hold') {
      warnings.push('The node then stays out of service, also across a restart, until someone returns it to service.')
    }
  }
  if (parameters.deadlineMs < estimateOf(parameters, around.connections).pacedMs) {
    warnings.push(
      `The deadline (${seconds(parameters.deadlineMs)}) comes before all are closed: the rest then closes at ` +
        `${finishRateOf(parameters.rate)} a second.`,
    )
  }
  if (around.usersLeftWithNone > 0)
    warnings.push(`${count(around.usersLeftWithNone, 'user loses', 'users lose')} their only connection.`)
  if (around.roomsEmptied > 0) warnings.push(`${count(around.roomsEmptied, 'room loses', 'rooms lose')} all members.`)
  return warnings
}

const clampRate = (rate: number): number =>
  Math.round(Math.min(HIGHEST_RATE, Math.max(LOWEST_RATE, rate)) * 1000) / 1000
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`
const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`
