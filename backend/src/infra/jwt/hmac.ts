import { hash } from 'node:crypto'

const BLOCK_BYTES = { sha256: 64, sha384: 128, sha512: 128 } as const
/** The two pads of RFC 2104 section 2. */
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

export type HashName = keyof typeof BLOCK_BYTES

/**
 * HMAC (RFC 2104) with one key, of two one-shot hashes of node:crypto. Its own `createHmac` makes a native object for
 * each token, which costs more in garbage collection than the hashing does: a sixth of opening a connection.
 */
export class Hmac {
  readonly #hash: HashName
  readonly #inner: Buffer
  /** The padded key, with room for the inner hash behind it. */
  readonly #outer: Buffer

  constructor(name: HashName, secret: Uint8Array) {
    const block = BLOCK_BYTES[name]
    const key = Buffer.alloc(block)
    key.set(secret.length > block ? hash(name, secret, 'buffer') : secret)
    this.#hash = name
    this.#inner = Buffer.from(key.map((byte) => byte ^ INNER_PAD))
    const padded = Buffer.from(key.map((byte) => byte ^ OUTER_PAD))
    this.#outer = Buffer.concat([padded, hash(name, '', 'buffer')])
  }

  /** The code of a text of ASCII characters. */
  of(text: string): Buffer {
    const { length } = this.#inner
    const message = Buffer.allocUnsafe(length + text.length)
    message.set(this.#inner)
    message.write(text, length, 'latin1')
    this.#outer.set(hash(this.#hash, message, 'buffer'), length)
    return hash(this.#hash, this.#outer, 'buffer')
  }
}
