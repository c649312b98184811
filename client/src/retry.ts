import { reconnectDelayMs } from './backoff.js'
import type { Clock } from './clock.js'
import { RequestError, type RequestErrorCode } from './request-error.js'

/** How long a publish is retried when nobody says otherwise, milliseconds. */
export const RETRY_MS = 30_000
/** The longest it may be retried: after its life of 5 min a key no longer prevents a second message. */
export const LONGEST_RETRY_MS = 240_000

/** Temporary errors; `timeout` and `unknown_outcome` need a key, because the first try may have taken effect. */
const PASSING: ReadonlySet<RequestErrorCode> = new Set([
  'timeout',
  'unknown_outcome',
  'unavailable',
  'rate_limited',
  'disconnected',
])

export interface RetryPlan {
  readonly clock: Clock
  readonly random: () => number
  readonly withinMs: number
  /** False once no try can succeed any more. */
  readonly mayGoOn: () => boolean
}

/**
 * Calls `attempt` until it succeeds, fails for good, or the time is over; then it rejects with the newest error. If
 * `attempt` waits before it sends, it must then call `demandTime`, which throws if the time is over by now.
 */
export async function retrying<T>(
  { clock, random, withinMs, mayGoOn }: RetryPlan,
  attempt: (demandTime: () => void) => Promise<T>,
): Promise<T> {
  const over = Promise.withResolvers<never>()
  let newest = new RequestError('timeout', `not done within ${withinMs} ms`)
  let isOver = false
  const endsAt = clock.now() + withinMs
  const cancel = clock.after(withinMs, () => {
    isOver = true
    over.reject(newest)
  })
  const demandTime = (): void => {
    if (isOver) throw newest
  }
  try {
    for (let tries = 0; ; tries += 1) {
      try {
        return await Promise.race([attempt(demandTime), over.promise])
      } catch (error) {
        if (!(error instanceof RequestError) || !PASSING.has(error.code) || isOver || !mayGoOn()) throw error
        newest = error
        const waitMs = reconnectDelayMs(tries, random(), error.retryAfterMs)
        if (clock.now() + waitMs >= endsAt) throw error
        await new Promise<void>((resolve) => clock.after(waitMs, resolve))
      }
    }
  } finally {
    cancel()
  }
}

/** A key that nobody else has. */
export function makeKey(): string {
  // Not randomUUID: pages that were not loaded over TLS do not have it.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
