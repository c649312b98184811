/** How many wrong passwords for one name from one address are free of charge. */
const FREE_FAILURES = 5
/** Wrong passwords from one address, whatever the names, before it waits: a guess over many names costs the same. */
const FREE_FAILURES_PER_ADDRESS = 30
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 15 * 60_000
/** Failures are forgotten after so long without another. */
const FORGET_AFTER_MS = 30 * 60_000
const REMEMBERED_AT_MOST = 10_000

interface Failures {
  count: number
  lastMs: number
}

/**
 * Slows down guessing. Failures count for a name from one address, and for an address; so nobody's failures from
 * elsewhere keep the holder of the right password out. A try counts as failed from its beginning, or guesses made side
 * by side would all be let in before the first is judged.
 */
export class SignInThrottle {
  readonly #byKey = new Map<string, Failures>()

  constructor(private readonly nowMs: () => number) {}

  /** How long this name from this address must wait before its next try, milliseconds; 0: this is one, and it counts. */
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

  /** A try that could not be judged counts for nothing. */
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
    // Inserted anew each time, so that the oldest stands first and goes first.
    this.#byKey.delete(key)
    this.#byKey.set(key, { count: isFresh ? failures.count + 1 : 1, lastMs: now })
    if (this.#byKey.size > REMEMBERED_AT_MOST) this.#byKey.delete(this.#byKey.keys().next().value as string)
  }
}

const pairKey = (name: string, address: string): string => `${address} ${name.toLowerCase()}`
const addressKey = (address: string): string => address
