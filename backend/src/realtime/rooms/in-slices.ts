import type { Clock } from '../ports/clock.js'

const STRIDE = 32
const SLICE_MS = 1

/** Visits all items, over several loop turns if that takes longer than a millisecond. */
export function inSlices<T>(clock: Clock, items: readonly T[], visit: (item: T) => void, from = 0): void {
  const deadlineMs = clock.nowMs() + SLICE_MS
  for (let i = from; i < items.length; i += 1) {
    visit(items[i] as T)
    if (i % STRIDE === STRIDE - 1 && clock.nowMs() > deadlineMs) {
      clock.atTurnEnd(() => inSlices(clock, items, visit, i + 1))
      return
    }
  }
}
