/** What a list is ordered by: the value of the sort field, then the id, so that no two rows are equal. */
export interface Place {
  readonly value: number | string
  readonly id: string
}

/** Whether `a` comes before `b`; `descending` applies to the values only, ids are always ascending. */
export function comesBefore(a: Place, b: Place, descending: boolean): boolean {
  if (a.value !== b.value) return descending ? a.value > b.value : a.value < b.value
  return a.id < b.id
}

/** One kept item with its place. */
export interface Kept<T> extends Place {
  readonly item: T
}

/**
 * Keeps the first `size` items of those offered, in a heap whose root is the last of them. Rejecting an item costs one
 * comparison and no memory, and never more than `size` items are sorted.
 */
export class TopK<T> {
  readonly #heap: Kept<T>[] = []

  constructor(
    private readonly size: number,
    private readonly descending: boolean,
  ) {}

  offer(value: number | string, id: string, item: T): void {
    const heap = this.#heap
    if (heap.length < this.size) {
      heap.push({ value, id, item })
      this.#rise(heap.length - 1)
      return
    }
    const last = heap[0] as Kept<T>
    const isBefore = value === last.value ? id < last.id : this.descending ? value > last.value : value < last.value
    if (isBefore) this.#sink({ value, id, item })
  }

  /** What was kept, first to last. */
  sorted(): Kept<T>[] {
    return [...this.#heap].sort((a, b) => (comesBefore(a, b, this.descending) ? -1 : 1))
  }

  #rise(from: number): void {
    const heap = this.#heap
    const { descending } = this
    const risen = heap[from] as Kept<T>
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!comesBefore(heap[parent] as Kept<T>, risen, descending)) break
      heap[at] = heap[parent] as Kept<T>
      at = parent
    }
    heap[at] = risen
  }

  /** Replaces the root with the newcomer and moves it down to its place. */
  #sink(newcomer: Kept<T>): void {
    const heap = this.#heap
    const { descending } = this
    const { length } = heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      const right = child + 1
      if (right < length && comesBefore(heap[child] as Kept<T>, heap[right] as Kept<T>, descending)) child = right
      if (!comesBefore(newcomer, heap[child] as Kept<T>, descending)) break
      heap[at] = heap[child] as Kept<T>
      at = child
    }
    heap[at] = newcomer
  }
}
