/** The window over which the achieved rate is measured. */
const ACHIEVED_WINDOW_MS = 10_000

/** Counts closes over the last 10 s of paced time; time spent paused does not count. */
export class AchievedRate {
  readonly #samples: { readonly atMs: number; readonly count: number }[] = []
  #sinceMs: number | null = null

  /** The paced part begins or resumes. */
  start(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#samples.length = 0
  }

  add(nowMs: number, count: number): void {
    if (count > 0) this.#samples.push({ atMs: nowMs, count })
    while (this.#samples.length > 0 && (this.#samples[0] as { atMs: number }).atMs <= nowMs - ACHIEVED_WINDOW_MS) {
      this.#samples.shift()
    }
  }

  /**
   * Closes a second; 0 before the first second is over.
   *
   * @param isOver nothing more will be issued: then it is the rate up to the last close
   */
  value(nowMs: number, isOver = false): number {
    const untilMs = isOver ? (this.#samples.at(-1)?.atMs ?? nowMs) : nowMs
    if (this.#sinceMs === null) return 0
    const spanMs = Math.min(ACHIEVED_WINDOW_MS, untilMs - this.#sinceMs)
    if (spanMs <= 0 || (spanMs < 1000 && !isOver)) return 0
    const from = untilMs - spanMs
    const count = this.#samples.reduce((sum, sample) => (sample.atMs > from ? sum + sample.count : sum), 0)
    return Math.round((count * 10_000) / spanMs) / 10
  }
}

/**
 * When the last of `remaining` will be gone, milliseconds from now: by the achieved rate once there is one, else by the
 * target, plus the time the last one may take to close; null while nothing moves.
 */
export function etaMs(remaining: number, achievedRate: number, targetRate: number, settleMs: number): number | null {
  if (remaining === 0) return 0
  const rate = achievedRate > 0 ? achievedRate : targetRate
  return rate > 0 ? Math.round((remaining / rate) * 1000 + settleMs) : null
}
