/** A session outlives its last connection by this, milliseconds: rule I-3 of PROTOCOL.md. */
export const SESSION_LIFE_MS = 600_000
