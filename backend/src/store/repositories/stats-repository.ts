import type { StatsPoint, StatsSeries } from '@gatehouse/protocol/rest'

export interface SeriesRequest {
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
  /** Seconds per interval; if absent, the finest that gives at most 720 points. */
  readonly step?: number | undefined
}

/** Measurements by interval: 1 s for 15 min, 10 s for 24 h, 1 min for 30 d. They survive restarts. */
export abstract class StatsRepository {
  /** Records the second that just ended. Neither throws nor waits. */
  abstract record(point: StatsPoint): void
  /**
   * At most 720 points, with marks of operations. Intervals that were not measured have no point. While PostgreSQL is
   * down it answers from this node's memory.
   */
  abstract series(request: SeriesRequest): Promise<StatsSeries>
  /** The newest point, or undefined before the first. */
  abstract newest(): StatsPoint | undefined
}
