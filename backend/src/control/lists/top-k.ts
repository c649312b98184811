/** What a list is ordered by: the value of the sort field, then the id, so that no two rows are equal. */
export interface Place {
  readonly value: number | string
  readonly id: string
}

/** Whether `a` comes before `b`; `descending` turns the values around and leaves ids ascending. */
export function comesBefore(a: Place, b: Place, descending: boolean): boolean {
  if (a.value !== b.value) return descending ? a.value > b.value : a.value < b.value
  return a.id < b.id
}

/**
 * Keeps the first `size` of whatever is offered, in a heap whose root is the last of them: each row costs one comparison
 * unless it belongs in, and no more than `size` are ever sorted.
 */
export class TopK<T extends Place> {
  readonly #heap: T[] = []

  constructor(
    private readonly size: number,
    private readonly descending: boolean,
  ) {}

  offer(item: T): void {
    const heap = this.#heap
    if (heap.length < this.size) {
      heap.push(item)
      this.#rise(heap.length - 1)
    } else if (comesBefore(item, heap[0] as T, this.descending)) {
      heap[0] = item
      this.#sink()
    }
  }

  /** What was kept, first to last. */
  sorted(): T[] {
    return [...this.#heap].sort((a, b) => (comesBefore(a, b, this.descending) ? -1 : 1))
  }

  #rise(from: number): void {
    const heap = this.#heap
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1
      if (!comesBefore(heap[parent] as T, heap[at] as T, this.descending)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(): void {
    const heap = this.#heap
    for (let at = 0; ;) {
      let last = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && comesBefore(heap[last] as T, heap[child] as T, this.descending)) last = child
      }
      if (last === at) return
      this.#swap(at, last)
      at = last
    }
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a] as T
    this.#heap[a] = this.#heap[b] as T
    this.#heap[b] = held
  }
}
