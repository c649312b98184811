/** First and longest ceiling of the wait before a reconnect, milliseconds. */
const FIRST_MS = 500
const LONGEST_MS = 20_000

/**
 * How long to wait before reconnect number `attempt` (from 0), milliseconds: full jitter under a ceiling that doubles,
 * on top of what the server asked for. Added to that floor, not compared with it, so that clients that were told the
 * same floor do not all come back at the same moment. `random` is in [0, 1).
 */
export function reconnectDelayMs(attempt: number, random: number, floorMs = 0): number {
  return floorMs + Math.round(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)))
}
