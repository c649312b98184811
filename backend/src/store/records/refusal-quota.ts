/** A refusal to store, and how many suppressed ones it also counts for. */
export interface Admitted<E> {
  readonly entry: E
  readonly suppressed: number
}

interface Tally<E> {
  last: E
  count: number
}

const STORED_PER_SECOND = 100
/** How many of these the tallies of the second before may use, so that old and new refusals both get through. */
const TALLIES_PER_SECOND = 50
const MOST_TALLIES = 1_000

/**
 * Lets at most 100 refusals a second through to the table. The rest are counted by reason and address prefix. Their
 * count is stored with the next refusal of that kind, or with the last of them in a second that has room.
 */
export class RefusalQuota<E> {
  readonly #tallies = new Map<string, Tally<E>>()
  #left = STORED_PER_SECOND

  /** The refusal to store now, or undefined if it was only counted. */
  admit(entry: E, reason: string, prefix: string | null): Admitted<E> | undefined {
    const key = this.#keyOf(reason, prefix)
    const tally = this.#tallies.get(key)
    if (this.#left > 0) {
      this.#left--
      this.#tallies.delete(key)
      return { entry, suppressed: tally?.count ?? 0 }
    }
    if (tally === undefined) this.#tallies.set(key, { last: entry, count: 1 })
    else {
      tally.last = entry
      tally.count++
    }
    return undefined
  }

  /** Begins a new second; returns the tallies that may be stored in it, each with its last refusal. */
  nextSecond(): readonly Admitted<E>[] {
    const due = [...this.#tallies].slice(0, TALLIES_PER_SECOND)
    for (const [key] of due) this.#tallies.delete(key)
    this.#left = STORED_PER_SECOND - due.length
    return due.map(([, tally]) => ({ entry: tally.last, suppressed: tally.count - 1 }))
  }

  /** All remaining tallies; for the node's stop. */
  rest(): readonly Admitted<E>[] {
    const all = [...this.#tallies.values()].map((tally) => ({ entry: tally.last, suppressed: tally.count - 1 }))
    this.#tallies.clear()
    return all
  }

  #keyOf(reason: string, prefix: string | null): string {
    const key = `${reason} ${prefix ?? '-'}`
    return this.#tallies.has(key) || this.#tallies.size < MOST_TALLIES ? key : `${reason} *`
  }
}
