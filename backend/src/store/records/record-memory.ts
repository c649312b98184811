/** What the memory needs to know about a record. */
export interface Remembered {
  readonly id: string
  /** `waiting`: to be written. `written`: in PostgreSQL. `unstored`: never will be, because of the quota or a loss. */
  state: 'waiting' | 'written' | 'unstored'
}

interface Slot<E> {
  readonly entry: E
  /** Counts up from 1 with each record. */
  readonly serial: number
}

/** The newest records, complete, and those that still wait to be written. */
export class RecordMemory<E extends Remembered> {
  readonly #most: number
  readonly #ring: E[] = []
  readonly #slots = new Map<string, Slot<E>>()
  #serial = 0

  /** @param most how many of the newest are kept, whatever their state */
  constructor(most: number) {
    this.#most = most
  }

  add(entry: E): void {
    const place = this.#serial++ % this.#most
    const oldest = this.#ring[place]
    this.#ring[place] = entry
    if (oldest !== undefined && oldest.state !== 'waiting') this.#slots.delete(oldest.id)
    this.#slots.set(entry.id, { entry, serial: this.#serial })
  }

  find(id: string): E | undefined {
    return this.#slots.get(id)?.entry
  }

  /** All records now in memory, oldest first; the array does not change later. */
  snapshot(): readonly E[] {
    return [...this.#slots.values()].map((slot) => slot.entry)
  }

  /** Marks an entry as no longer waiting, and forgets it if it has left the ring. */
  settle(entry: E, state: 'written' | 'unstored'): void {
    entry.state = state
    const slot = this.#slots.get(entry.id)
    if (slot !== undefined && slot.serial <= this.#serial - this.#most) this.#slots.delete(entry.id)
  }
}
