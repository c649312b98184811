/** Rates that several connections share: per user and per address. Answers at once; a shared one may lag. */
export abstract class SharedLimits {
  /**
   * Takes `cost` from the bucket of `key` (rate a second, burst). Answers 0 when there was room, else how many
   * milliseconds until there is.
   */
  abstract take(key: string, cost: number, rate: number, burst: number): number
}
