import type { CloseReason } from '@gatehouse/protocol'
import type { Buckets } from '@gatehouse/protocol/rest'

/** The state of one connection of the operation: waiting, told that the drain comes, or its close issued. */
type Standing = 'waiting' | 'notified' | 'issued'

export type EndBucket = Exclude<keyof Buckets, 'remaining'>

/** What is known when a connection of the operation has ended. */
export interface ConnectionEnd {
  readonly id: string
  /** Null where the reason is unknown: the connection was found gone. */
  readonly reason: CloseReason | null
  readonly code: number | null
  readonly clean: boolean
  readonly forced: boolean
}

const LEAVING_BY_ITSELF: ReadonlySet<CloseReason> = new Set([
  'client_close',
  'client_going_away',
  'client_no_status',
  'client_app_code',
  'superseded',
])

/**
 * The operation's books: every connection in its scope is either remaining or in exactly one of the four ends, and each
 * end is entered once.
 */
export class OperationLedger {
  readonly #scope = new Map<string, Standing>()
  readonly #ends: Record<EndBucket, number> = { migratedEarly: 0, closedClean: 0, forced: 0, leftOnTheirOwn: 0 }
  readonly #codes: Record<string, number> = {}
  readonly #ourReason: CloseReason
  #initial = 0
  #late = 0
  #inFlight = 0
  #isFrozen = false
  #frozenRemaining = 0

  /** @param ourReason the reason the operation closes with: an end with any other was not its doing */
  constructor(ourReason: CloseReason) {
    this.#ourReason = ourReason
  }

  get initial(): number {
    return this.#initial
  }

  get late(): number {
    return this.#late
  }

  get remaining(): number {
    return this.#isFrozen ? this.#frozenRemaining : this.#scope.size
  }

  /** Issued closes whose connection has not ended yet. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Connections whose close has not been issued. */
  get waiting(): number {
    return this.#scope.size - this.#inFlight
  }

  get codes(): Readonly<Record<string, number>> {
    return this.#codes
  }

  buckets(): Buckets {
    return { ...this.#ends, remaining: this.remaining }
  }

  /** What the books cannot account for; anything but 0 is a defect. */
  unaccounted(): number {
    const ends = this.#ends.migratedEarly + this.#ends.closedClean + this.#ends.forced + this.#ends.leftOnTheirOwn
    return this.#initial + this.#late - ends - this.remaining
  }

  has(id: string): boolean {
    return this.#scope.has(id)
  }

  isIssued(id: string): boolean {
    return this.#scope.get(id) === 'issued'
  }

  ids(): IterableIterator<string> {
    return this.#scope.keys()
  }

  /** Adds a connection, `isLate` when the operation had begun; false when it is in the scope or that is frozen. */
  add(id: string, isLate: boolean): boolean {
    if (this.#scope.has(id) || this.#isFrozen) return false
    this.#scope.set(id, 'waiting')
    if (isLate) this.#late++
    else this.#initial++
    return true
  }

  notified(id: string): void {
    if (this.#scope.get(id) === 'waiting') this.#scope.set(id, 'notified')
  }

  issue(id: string): void {
    if (!this.#scope.has(id) || this.isIssued(id)) return
    this.#scope.set(id, 'issued')
    this.#inFlight++
  }

  /** Enters an end; returns false when the connection is not in the scope, or no longer. */
  end(end: ConnectionEnd): boolean {
    const standing = this.#scope.get(end.id)
    if (standing === undefined || (this.#isFrozen && standing !== 'issued')) return false
    this.#scope.delete(end.id)
    if (standing === 'issued') this.#inFlight--
    if (this.#isFrozen) this.#frozenRemaining--
    this.#ends[this.#bucketOf(standing, end)]++
    const code = end.code === null ? 'none' : String(end.code)
    this.#codes[code] = (this.#codes[code] ?? 0) + 1
    return true
  }

  /** The operation is over: only closes already issued are still entered; the other connections leave the scope. */
  freeze(): void {
    if (this.#isFrozen) return
    this.#frozenRemaining = this.#scope.size
    this.#isFrozen = true
    for (const [id, standing] of this.#scope) if (standing !== 'issued') this.#scope.delete(id)
  }

  #bucketOf(standing: Standing, end: ConnectionEnd): EndBucket {
    if (standing === 'issued' && end.reason === this.#ourReason) {
      if (end.forced) return 'forced'
      return end.clean ? 'closedClean' : 'leftOnTheirOwn'
    }
    const isMove = standing === 'notified' && end.reason !== null && LEAVING_BY_ITSELF.has(end.reason)
    return isMove ? 'migratedEarly' : 'leftOnTheirOwn'
  }
}
