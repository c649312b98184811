const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'

/** Bytes as lower-case Crockford base-32, five bits per letter, the last one padded with zero bits. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += LETTERS[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + LETTERS[(held << (5 - bits)) & 31]
}
