import { createContext } from 'svelte'

/** The equal intervals that a chart's values stand for. Times are Unix ms. */
export interface Intervals {
  readonly from: number
  readonly stepMs: number
  readonly count: number
}

/** End of the last interval. */
export function endOf(intervals: Intervals): number {
  return intervals.from + intervals.stepMs * intervals.count
}

/** The interval that an instant lies in, or -1. */
export function indexAt(intervals: Intervals, at: number): number {
  const index = Math.floor((at - intervals.from) / intervals.stepMs)
  return index >= 0 && index < intervals.count ? index : -1
}

/** The instant that all charts of a page point at together; null while none is pointed at. */
export class Crosshair {
  at = $state<number | null>(null)
}

/** The crosshair of the page: set one in a page, and every chart below shares it. */
export const [getCrosshair, setCrosshair] = createContext<Crosshair>()
