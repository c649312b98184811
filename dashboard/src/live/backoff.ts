/**
 * How long to wait before the next attempt, in ms: full jitter, so that the viewers of a node that restarts do not all
 * return at once. `attempt` counts from 0; `random` is in [0, 1).
 */
export function backoff(attempt: number, random: number, firstMs = 500, mostMs = 15_000): number {
  return Math.round(random * Math.min(mostMs, firstMs * 2 ** attempt))
}
