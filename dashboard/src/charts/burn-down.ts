import type { BurnPoint } from '@gatehouse/protocol/rest'

/** An instant and how many connections remain then. */
export interface BurnSpot {
  readonly at: number
  readonly remaining: number
}

/** What a burn-down chart draws. Times are Unix ms. */
export interface BurnDown {
  readonly from: number
  readonly to: number
  readonly top: number
  readonly actual: readonly BurnSpot[]
  readonly plan: readonly BurnSpot[]
  /** From the newest point to the expected end; empty when the end cannot be known or is reached. */
  readonly projection: readonly BurnSpot[]
}

export interface BurnFacts {
  readonly initial: number
  readonly etaAt: number | null
  readonly plannedEndAt: number | null
  readonly deadlineAt: number | null
}

/** Lays a burn-down out: wide enough for plan, expected end and deadline, with the plan continued to its end. */
export function layOut(points: readonly BurnPoint[], facts: BurnFacts): BurnDown | null {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return null
  const plan = points.map((point) => ({ at: point.at, remaining: point.planned }))
  if (facts.plannedEndAt !== null && facts.plannedEndAt > last.at) plan.push({ at: facts.plannedEndAt, remaining: 0 })
  const isMoving = facts.etaAt !== null && facts.etaAt > last.at && last.remaining > 0
  const ends = [
    last.at,
    facts.plannedEndAt ?? 0,
    facts.etaAt ?? 0,
    facts.deadlineAt !== null && last.remaining > 0 ? facts.deadlineAt : 0,
  ]
  return {
    from: first.at,
    to: Math.max(first.at + 10_000, ...ends.filter((end) => end < last.at + 4 * (last.at - first.at + 30_000))),
    top: Math.max(facts.initial, ...points.map((point) => point.remaining)),
    actual: points.map((point) => ({ at: point.at, remaining: point.remaining })),
    plan,
    projection: isMoving
      ? [
          { at: last.at, remaining: last.remaining },
          { at: facts.etaAt ?? last.at, remaining: 0 },
        ]
      : [],
  }
}

/** The line between two instants of a run of spots; null outside of it. */
export function remainingAt(spots: readonly BurnSpot[], at: number): number | null {
  const after = spots.findIndex((spot) => spot.at >= at)
  const next = spots[after]
  const before = spots[Math.max(0, after - 1)]
  if (!next || !before || at < (spots[0]?.at ?? at)) return null
  if (next.at === before.at) return next.remaining
  return before.remaining + ((next.remaining - before.remaining) * (at - before.at)) / (next.at - before.at)
}

/** The area between plan and actual where more remain than planned, as closed polygons of spots. */
export function lateStretches(points: readonly BurnPoint[]): BurnSpot[][] {
  const stretches: BurnPoint[][] = []
  let isLate = false
  for (const point of points) {
    const wasLate = isLate
    isLate = point.remaining > point.planned * 1.02 + 1
    if (!isLate) continue
    if (wasLate) stretches.at(-1)?.push(point)
    else stretches.push([point])
  }
  return stretches
    .filter((stretch) => stretch.length > 1)
    .map((stretch) => [
      ...stretch.map((point) => ({ at: point.at, remaining: point.remaining })),
      ...stretch.toReversed().map((point) => ({ at: point.at, remaining: point.planned })),
    ])
}
