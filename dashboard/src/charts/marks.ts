import type { Mark } from '@gatehouse/protocol/rest'
import type { StateName } from '../ui/icons.js'
import type { Intervals } from './chart-time.svelte.js'
import { endOf } from './chart-time.svelte.js'

/** A mark as a chart places it: shares of the chart's width. */
export interface PlacedMark {
  readonly label: string
  readonly state: StateName
  readonly x: number
  /** Width of the tint while it ran; 0 for an instant. */
  readonly width: number
  /** The label stands to the left of the line because the right end is near. */
  readonly isLeft: boolean
}

/** The marks inside a chart's time, from the oldest; one that still runs reaches to the end. */
export function placeMarks(marks: readonly Mark[], intervals: Intervals): PlacedMark[] {
  const end = endOf(intervals)
  const span = end - intervals.from
  return marks
    .filter((mark) => mark.at < end && (mark.until ?? end) > intervals.from)
    .sort((first, second) => first.at - second.at)
    .map((mark) => {
      const x = Math.max(0, (mark.at - intervals.from) / span)
      const until = Math.min(1, ((mark.until ?? end) - intervals.from) / span)
      return { label: mark.label, state: stateOf(mark.kind), x, width: Math.max(0, until - x), isLeft: x > 0.5 }
    })
}

/** Width of one character of a label and of its padding in px, and the most a label takes (charts.css). */
const CHARACTER = 6.2
const PADDING = 10
const WIDEST = 160

/** The marks whose label has room in a chart of `width` px: the newest first; older ones keep only their line. */
export function withRoom(marks: readonly PlacedMark[], width: number): ReadonlySet<PlacedMark> {
  const shown = new Set<PlacedMark>()
  const taken: (readonly [from: number, to: number])[] = []
  for (const mark of marks.toReversed()) {
    const length = Math.min(WIDEST, mark.label.length * CHARACTER + PADDING)
    const at = mark.x * width
    const span = mark.isLeft ? ([at - length, at] as const) : ([at, at + length] as const)
    if (span[0] < -1 || span[1] > width + 1 || taken.some(([from, to]) => span[0] < to && span[1] > from)) continue
    taken.push(span)
    shown.add(mark)
  }
  return shown
}

function stateOf(kind: string): StateName {
  if (kind === 'drain') return 'draining'
  return kind === 'disconnect' || kind === 'closeRoom' ? 'imposed' : 'unknown'
}
