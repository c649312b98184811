/** What a stored refusal also stands for. */
export interface Admitted<E> {
  readonly entry: E
  readonly suppressed: number
}

interface Tally<E> {
  last: E
  count: number
}

const STORED_PER_SECOND = 100
/** Of these so many may go to the tallies of the second before, so that neither starves the other. */
const TALLIES_PER_SECOND = 50
const MOST_TALLIES = 1_000

/**
 * Lets at most 100 refusals a second through to the table. The rest are counted by reason and address prefix, and the
 * count travels with the next refusal of that kind, or with their last one in a second that has room.
 */
export class RefusalQuota<E> {
  readonly #tallies = new Map<string, Tally<E>>()
  #left = STORED_PER_SECOND

  /** The refusal to store now, or undefined when it was only counted. */
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

  /** A new second begins: answers the tallies that may be stored in it, each by its last refusal. */
  nextSecond(): readonly Admitted<E>[] {
    const due = [...this.#tallies].slice(0, TALLIES_PER_SECOND)
    for (const [key] of due) this.#tallies.delete(key)
    this.#left = STORED_PER_SECOND - due.length
    return due.map(([, tally]) => ({ entry: tally.last, suppressed: tally.count - 1 }))
  }

  /** All that is still counted, for the end of the node. */
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
