/** The rows that are drawn: [from, to), and how many slots they share. */
export interface RowWindow {
  readonly from: number
  readonly to: number
  /** Row `index` is drawn by slot `index % slots`, so that scrolling reuses elements instead of making them. */
  readonly slots: number
}

/** The rows to draw for a scroll position, with `spare` more on each side. Heights are in px. */
export function rowWindow(
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  total: number,
  spare = 3,
): RowWindow {
  const slots = Math.ceil(viewHeight / rowHeight) + 1 + 2 * spare
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight) - spare
  const from = Math.max(0, Math.min(first, total - slots))
  return { from, to: Math.min(total, from + slots), slots }
}

/** Where to scroll so that a row is whole in view under a header of `headHeight`, moving as little as possible. */
export function scrollToShow(
  index: number,
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  headHeight: number,
): number {
  const top = index * rowHeight
  if (top < scrollTop) return top
  const lowest = top + rowHeight + headHeight - viewHeight
  return lowest > scrollTop ? lowest : scrollTop
}
