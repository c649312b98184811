/** A resolution that is kept: seconds per interval, and for how long. Listed finest first. */
export interface Resolution {
  readonly seconds: number
  readonly keptMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export const resolutions: readonly Resolution[] = [
  { seconds: 1, keptMs: 15 * MINUTE_MS },
  { seconds: 10, keptMs: 24 * HOUR_MS },
  { seconds: 60, keptMs: 30 * 24 * HOUR_MS },
]

/** How much longer points are kept, so that a request for exactly the last 15 min finds all of them. */
export const graceMs = MINUTE_MS

export const MOST_POINTS = 720

export interface SeriesPlan {
  /** Which resolution is read. */
  readonly resolution: number
  /** Seconds per interval of the answer: a multiple of the resolution. */
  readonly step: number
  /** Whole intervals, milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

/**
 * Decides how a series is read: from the coarsest resolution that still gives the requested step, or a coarser one if
 * that does not reach back far enough, with a step that gives at most 720 points.
 */
export function planSeries(from: number, to: number, step: number | undefined, nowMs: number): SeriesPlan {
  const fewest = Math.ceil(Math.max(1, to - from) / 1_000 / (MOST_POINTS - 1))
  const wanted = Math.max(step ?? 1, fewest)
  const reaching = resolutions.filter(({ keptMs }) => nowMs - from <= keptMs + graceMs)
  const usable = reaching.length > 0 ? reaching : resolutions.slice(-1)
  const resolution = (usable.findLast(({ seconds }) => seconds <= wanted) ?? usable[0])?.seconds ?? 1
  const stepSeconds = Math.ceil(wanted / resolution) * resolution
  const stepMs = stepSeconds * 1_000
  return {
    resolution,
    step: stepSeconds,
    from: Math.floor(from / stepMs) * stepMs,
    to: Math.ceil(to / stepMs) * stepMs,
  }
}
