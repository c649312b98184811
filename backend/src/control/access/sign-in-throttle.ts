/** How many wrong passwords for one name from one address cause no wait. */
const FREE_FAILURES = 5
/** Wrong passwords from one address, for any names, before it must wait: guessing many names is throttled too. */
const FREE_FAILURES_PER_ADDRESS = 30
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 15 * 60_000
/** Failures are forgotten after this long without another. */
const FORGET_AFTER_MS = 30 * 60_000
const REMEMBERED_AT_MOST = 10_000

interface Failures {
  count: number
  lastMs: number
}

/**
 * Slows down guessing. Failures count per name and address, and per address, so failures from other addresses never
 * lock out an operator with the right password. A try counts as failed from its start; otherwise parallel guesses would
 * all be let through before the first is checked.
 */
export class SignInThrottle {
  readonly #byKey = new Map<string, Failures>()

  constructor(private readonly nowMs: () => number) {}

  /** How long this name from this address must wait, in milliseconds; 0: the try may go ahead and is counted. */
  begin(name: string, address: string): number {
    const waitMs = Math.max(
      this.#wait(pairKey(name, address), FREE_FAILURES),
      this.#wait(addressKey(address), FREE_FAILURES_PER_ADDRESS),
    )
    if (waitMs > 0) return waitMs
    this.#count(pairKey(name, address))
    this.#count(addressKey(address))
    return 0
  }

  /** The right password clears the name from this address; the address's other failures stay. */
  succeeded(name: string, address: string): void {
    this.#byKey.delete(pairKey(name, address))
    this.#uncount(addressKey(address))
  }

  /** Removes a try that could not be checked from the count. */
  withdraw(name: string, address: string): void {
    this.#uncount(pairKey(name, address))
    this.#uncount(addressKey(address))
  }

  #wait(key: string, free: number): number {
    const failures = this.#byKey.get(key)
    if (failures === undefined || failures.count < free) return 0
    const sinceMs = this.nowMs() - failures.lastMs
    if (sinceMs > FORGET_AFTER_MS) return 0
    return Math.max(0, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(20, failures.count - free)) - sinceMs)
  }

  #uncount(key: string): void {
    const failures = this.#byKey.get(key)
    if (failures === undefined) return
    failures.count -= 1
    if (failures.count <= 0) this.#byKey.delete(key)
  }

  #count(key: string): void {
    const now = this.nowMs()
    const failures = this.#byKey.get(key)
    const isFresh = failures !== undefined && now - failures.lastMs <= FORGET_AFTER_MS
    // Inserted again each time, so that the oldest is first and is removed first.
    this.#byKey.delete(key)
    this.#byKey.set(key, { count: isFresh ? failures.count + 1 : 1, lastMs: now })
    if (this.#byKey.size > REMEMBERED_AT_MOST) this.#byKey.delete(this.#byKey.keys().next().value as string)
  }
}

const pairKey = (name: string, address: string): string => `${address} ${name.toLowerCase()}`
const addressKey = (address: string): string => address
