/** Rates are means of about the last 5 s. */
const WINDOW_MS = 5_000

/** An exponential mean after `elapsedMs` at `recent`; a tiny mean becomes 0, so that a quiet connection reads 0. */
export function movingMean(mean: number, recent: number, elapsedMs: number): number {
  const next = mean + (recent - mean) * (1 - Math.exp(-elapsedMs / WINDOW_MS))
  return next < 0.005 ? 0 : next
}
