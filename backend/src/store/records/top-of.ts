import { setImmediate } from 'node:timers/promises'

const SLICE_MS = 2
const CHECK_EVERY = 256

/**
 * The first `most` of the matching entries, in the order of `compare`; `entries` has the newest last. Yields to the
 * event loop every 2 ms.
 */
export async function topOf<E>(
  entries: readonly E[],
  most: number,
  compare: (a: E, b: E) => number,
  fits: (entry: E) => boolean,
): Promise<E[]> {
  const top: E[] = []
  let began = performance.now()
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i] as E
    if (fits(entry)) insert(top, entry, most, compare)
    if (i % CHECK_EVERY === 0 && performance.now() - began > SLICE_MS) {
      await setImmediate()
      began = performance.now()
    }
  }
  return top
}

function insert<E>(top: E[], entry: E, most: number, compare: (a: E, b: E) => number): void {
  const last = top.at(-1)
  if (top.length === most && last !== undefined && compare(entry, last) >= 0) return
  let low = 0
  let high = top.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(top[middle] as E, entry) <= 0) low = middle + 1
    else high = middle
  }
  top.splice(low, 0, entry)
  if (top.length > most) top.pop()
}
