import { createHash } from 'node:crypto'

/** The hash for stored secrets of at least 128 random bits; only passwords chosen by people need a slow hash. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
