/** Bytes waiting in an outbox from which a connection counts as slow. */
export const SLOW_BYTES = 262_144
/** Bytes waiting in an outbox at which a connection is cut. */
export const HARD_BYTES = 1_048_576
