import { timingSafeEqual } from 'node:crypto'
import { Hmac, type HashName } from './hmac.js'

/** A token with a valid signature. Its claims are not checked yet. */
export interface SignedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: unknown
}

export type SignatureFault = 'malformed' | 'algorithm not allowed' | 'signature'

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/
/** Characters of a header that is remembered; ordinary ones have 36. */
const LONGEST_KEPT_HEADER = 256
const HASHES: readonly (readonly [algorithm: string, hash: HashName])[] = [
  ['HS256', 'sha256'],
  ['HS384', 'sha384'],
  ['HS512', 'sha512'],
]

/**
 * Checks HMAC signatures in the calling thread: 3 µs each. With jose, which uses WebCrypto and its thread pool, a check
 * took 11 µs alone and over 100 µs of the loop under many connects, more than the rest of opening a connection.
 */
export class SharedSecret {
  /** By algorithm, those that are accepted only. */
  readonly #hmacs: ReadonlyMap<unknown, Hmac>
  /** The last header that was read, and its text: an issuer gives all its tokens the same. */
  #headerText = ''
  #header: SignedToken['header'] | undefined

  constructor(secret: Uint8Array, algorithms: readonly string[]) {
    const accepted = HASHES.filter(([algorithm]) => algorithms.includes(algorithm))
    this.#hmacs = new Map(accepted.map(([algorithm, hash]) => [algorithm, new Hmac(hash, secret)]))
  }

  /** The token's header and payload, or which check failed. Parses only the header before it checks the signature. */
  open(token: string): SignedToken | SignatureFault {
    if (!COMPACT.test(token)) return 'malformed'
    const headerEnd = token.indexOf('.')
    const payloadEnd = token.lastIndexOf('.')
    const header = this.#headerOf(token.slice(0, headerEnd))
    // `crit` lists extensions that must be understood, and we know none.
    if (header === undefined || 'crit' in header || header['b64'] === false) return 'malformed'
    const hmac = this.#hmacs.get(header['alg'])
    if (hmac === undefined) return 'algorithm not allowed'
    const expected = hmac.of(token.slice(0, payloadEnd))
    const given = Buffer.from(token.slice(payloadEnd + 1), 'base64url')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'signature'
    return { header, payload: parse(token.slice(headerEnd + 1, payloadEnd)) }
  }

  #headerOf(text: string): SignedToken['header'] | undefined {
    if (text === this.#headerText) return this.#header
    const header = parse(text)
    if (text.length <= LONGEST_KEPT_HEADER) {
      // A copy: a part of a string keeps the whole string, here a token, in memory.
      this.#headerText = Buffer.from(text, 'latin1').toString('latin1')
      this.#header = header
    }
    return header
  }
}

function parse(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
