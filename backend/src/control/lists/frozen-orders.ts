import { randomBytes } from 'node:crypto'

/** The order of a list sorted by a changing value, as it was when the first page was requested. */
export interface FrozenOrder {
  readonly sort: string
  readonly filter: string
  ids: string[]
  readonly total: number
  readonly facets: Record<string, Record<string, number>>
}

/** How long an order is kept after it was last read. */
const LIFETIME_MS = 60_000
/** Orders of 5,000 ids each, so that many tables scrolled at once take about 20 MB at most. */
const KEPT_AT_MOST = 50

/** Frozen orders by the key in their cursor. */
export class FrozenOrders {
  readonly #orders = new Map<string, { order: FrozenOrder; readAtMs: number }>()

  constructor(private readonly nowMs: () => number) {}

  keep(order: FrozenOrder): string {
    this.#forgetOld()
    const key = randomBytes(12).toString('base64url')
    this.#orders.set(key, { order, readAtMs: this.nowMs() })
    if (this.#orders.size > KEPT_AT_MOST) this.#orders.delete(this.#orders.keys().next().value as string)
    return key
  }

  find(key: string): FrozenOrder | undefined {
    this.#forgetOld()
    const entry = this.#orders.get(key)
    if (entry === undefined) return undefined
    entry.readAtMs = this.nowMs()
    // Moves to the end: the order read last is forgotten last.
    this.#orders.delete(key)
    this.#orders.set(key, entry)
    return entry.order
  }

  #forgetOld(): void {
    const before = this.nowMs() - LIFETIME_MS
    for (const [key, entry] of this.#orders) {
      if (entry.readAtMs >= before) return
      this.#orders.delete(key)
    }
  }
}
