import { createHash } from 'node:crypto'

/** How secrets of at least 128 random bits are kept; a slow hash is for what people choose. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
