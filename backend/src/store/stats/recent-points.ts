import type { StatsPoint } from '@gatehouse/protocol/rest'
import { mergeInto, mergePoints } from './merge-points.js'
import { graceMs, resolutions } from './resolutions.js'

/** A merged interval that has ended. */
export interface ClosedInterval {
  readonly resolution: number
  readonly point: StatsPoint
}

const finest = resolutions[0]?.seconds ?? 1
const keptMs = (resolutions[0]?.keptMs ?? 0) + graceMs
const coarser = resolutions.slice(1).map(({ seconds }) => seconds)

/** The seconds of the last quarter of an hour, oldest first, and the longer intervals merged from them. */
export class RecentPoints {
  #points: StatsPoint[] = []

  /** Adds the next second; returns the longer intervals that ended before it. */
  add(point: StatsPoint): ClosedInterval[] {
    const last = this.#points.at(-1)
    // After the clock is set back there would be two points for the same time.
    if (last !== undefined && point.at <= last.at) this.#points = this.#points.filter(({ at }) => at < point.at)
    const closed = last === undefined ? [] : coarser.flatMap((seconds) => this.#closedBetween(last, point, seconds))
    this.#points.push(point)
    const oldest = point.at - keptMs
    if ((this.#points[0]?.at ?? oldest) < oldest) this.#points = this.#points.filter(({ at }) => at >= oldest)
    return closed
  }

  /** Begins with the points of an earlier process; returns every longer interval in them that has ended. */
  load(points: readonly StatsPoint[], nowMs: number): ClosedInterval[] {
    this.#points = points.filter(({ at }) => at >= nowMs - keptMs)
    return coarser.flatMap((resolution) =>
      mergeInto(points, resolution)
        .filter((point) => point.at + resolution * 1_000 <= nowMs)
        .map((point) => ({ resolution, point })),
    )
  }

  newest(): StatsPoint | undefined {
    return this.#points.at(-1)
  }

  /** The intervals of a resolution as far back as the seconds reach, including the one under way. */
  merged(resolution: number): readonly StatsPoint[] {
    return resolution === finest ? this.#points : mergeInto(this.#points, resolution)
  }

  #closedBetween(last: StatsPoint, next: StatsPoint, resolution: number): ClosedInterval[] {
    const ms = resolution * 1_000
    const at = Math.floor(last.at / ms) * ms
    if (at === Math.floor(next.at / ms) * ms) return []
    const inside = this.#points.filter((point) => point.at >= at && point.at < at + ms)
    return inside.length === 0 ? [] : [{ resolution, point: mergePoints(inside, at) }]
  }
}
