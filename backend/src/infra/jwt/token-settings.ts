/** Where the keys of tokens come from and which claims a token needs. Exactly one of `secret` and `jwks` is set. */
export interface TokenSettings {
  /** Shared secret of HS256, HS384 or HS512; at least 32 bytes. */
  readonly secret: Uint8Array | null
  /** Public keys as a JWKS: a file path, or an https URL (http only on loopback). */
  readonly jwks: string | null
  /** Accepted `alg` values; a token's header can only choose among them. Empty: the defaults for the kind of key. */
  readonly algorithms: readonly string[]
  readonly issuer: string | null
  readonly audience: string | null
}

const SYMMETRIC = ['HS256', 'HS384', 'HS512']
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** RFC 8725 section 3.5: a key at least as long as the hash output. */
const LEAST_SECRET_BYTES = 32

/**
 * The algorithms that a verifier accepts. Symmetric and asymmetric ones are never mixed, because a public key must
 * never be used as a shared secret.
 *
 * @throws Error that names the variable at fault
 */
export function acceptedAlgorithms(settings: TokenSettings): string[] {
  if ((settings.secret === null) === (settings.jwks === null)) {
    throw new Error('Set exactly one of JWT_SECRET and JWT_JWKS: tokens are checked with one kind of key.')
  }
  if (settings.secret !== null && settings.secret.byteLength < LEAST_SECRET_BYTES) {
    throw new Error(
      `JWT_SECRET has ${settings.secret.byteLength} bytes; it needs at least ${LEAST_SECRET_BYTES} (256 bits).`,
    )
  }
  const [known, fallback] =
    settings.secret === null ? [ASYMMETRIC, ['RS256', 'ES256', 'EdDSA', 'Ed25519']] : [SYMMETRIC, ['HS256']]
  const strange = settings.algorithms.find((algorithm) => !known.includes(algorithm))
  if (strange !== undefined) {
    const source = settings.secret === null ? 'JWT_JWKS' : 'JWT_SECRET'
    throw new Error(`JWT_ALGORITHMS names ${strange}; with ${source} it may name ${known.join(', ')}.`)
  }
  return settings.algorithms.length === 0 ? fallback : [...settings.algorithms]
}
