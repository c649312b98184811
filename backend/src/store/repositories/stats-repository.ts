import type { StatsPoint, StatsSeries } from '@gatehouse/protocol/rest'

export interface SeriesRequest {
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
  /** Seconds an interval; absent: the finest that gives at most 720 points. */
  readonly step?: number | undefined
}

/** What each interval held: 1 s for 15 min, 10 s for 24 h, 1 min for 30 d. Survives restarts. */
export abstract class StatsRepository {
  /** Takes the second that just ended. Neither throws nor waits. */
  abstract record(point: StatsPoint): void
  /**
   * At most 720 points with marks of operations. What was not measured has no point. While PostgreSQL is down it
   * answers from what this node remembers.
   */
  abstract series(request: SeriesRequest): Promise<StatsSeries>
  /** The newest point, or undefined before the first. */
  abstract newest(): StatsPoint | undefined
}
