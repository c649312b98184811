/** Randomness, injected so that tests can repeat it. */
export abstract class Random {
  /** A number from 0 up to but not including 1. */
  abstract number(): number
  /** `bytes` random bytes as lower-case base-32 text (Crockford, no i l o u); unguessable in production. */
  abstract id(bytes: number): string
}
