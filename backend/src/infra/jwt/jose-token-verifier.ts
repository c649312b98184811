import { limits } from '@gatehouse/protocol'
import type { CompactVerifyGetKey } from 'jose'
import { compactVerify, errors } from 'jose'
import type { Clock } from '../../realtime/ports/clock.js'
import type { TokenVerdict } from '../../realtime/ports/token-verifier.js'
import { TokenVerifier } from '../../realtime/ports/token-verifier.js'
import { KeySetUnavailable, openKeySet } from './key-set.js'
import { SharedSecret } from './shared-secret.js'
import { judgeClaims, refused } from './token-claims.js'
import type { TokenSettings } from './token-settings.js'
import { acceptedAlgorithms } from './token-settings.js'

/**
 * Checks tokens (RFC 8725): public-key signatures with jose, shared-secret ones in the calling thread. Keys come only
 * from the configuration, never from a token's header. Nothing is cached.
 */
export class JoseTokenVerifier extends TokenVerifier {
  private constructor(
    private readonly keys: SharedSecret | CompactVerifyGetKey,
    private readonly algorithms: string[],
    private readonly settings: TokenSettings,
    private readonly clock: Clock,
  ) {
    super()
  }

  /** Reads the keys. @throws Error with one clear line if the settings or the key file cannot be used */
  static open(settings: TokenSettings, clock: Clock): JoseTokenVerifier {
    const algorithms = acceptedAlgorithms(settings)
    const { secret } = settings
    const keys = secret === null ? openKeySet(settings.jwks ?? '') : new SharedSecret(secret, algorithms)
    return new JoseTokenVerifier(keys, algorithms, settings, clock)
  }

  override async verify(token: string): Promise<TokenVerdict> {
    if (token.length > limits.tokenBytes) return refused(`longer than ${limits.tokenBytes} bytes`)
    const parts = countParts(token)
    if (parts === 5) return refused('encrypted tokens are refused')
    if (parts !== 3) return refused('malformed')
    return this.keys instanceof SharedSecret ? this.#bySecret(this.keys, token) : this.#byKeySet(this.keys, token)
  }

  #bySecret(secret: SharedSecret, token: string): TokenVerdict {
    const opened = secret.open(token)
    if (typeof opened === 'string') return refused(opened)
    return judgeClaims(opened.header, opened.payload, this.settings, this.clock.wallMs())
  }

  async #byKeySet(keys: CompactVerifyGetKey, token: string): Promise<TokenVerdict> {
    try {
      const { payload, protectedHeader } = await compactVerify(token, keys, { algorithms: this.algorithms })
      const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
      return judgeClaims({ ...protectedHeader }, claims, this.settings, this.clock.wallMs())
    } catch (error) {
      return verdictOf(error)
    }
  }
}

function countParts(token: string): number {
  let parts = 1
  for (let at = token.indexOf('.'); at !== -1 && parts < 7; at = token.indexOf('.', at + 1)) parts += 1
  return parts
}

/** Our own phrase for each failure, because jose's messages may quote parts of the token. */
function verdictOf(error: unknown): TokenVerdict {
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('algorithm not allowed')
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('signature')
  if (error instanceof errors.JWKSNoMatchingKey) return refused('unknown key')
  if (error instanceof errors.JWKSMultipleMatchingKeys) return refused('ambiguous key')
  if (
    error instanceof KeySetUnavailable ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error instanceof errors.JWKInvalid
  ) {
    return { ok: false, reason: 'auth_backend_error', rule: 'key set unreadable' }
  }
  return refused('malformed')
}
