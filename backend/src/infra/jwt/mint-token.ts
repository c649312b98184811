import type { Right } from '@gatehouse/protocol'
import { SignJWT } from 'jose'
import type { TokenSettings } from './token-settings.js'
import { acceptedAlgorithms } from './token-settings.js'

export interface TokenOrder {
  readonly subject: string
  /** Rights by room pattern. */
  readonly rooms: Readonly<Record<string, readonly Right[]>>
  /** What presence shows about the subject; at most 1 KiB as JSON. */
  readonly info?: Readonly<Record<string, unknown>>
  readonly lifetimeMs: number
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

export interface MintedToken {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Signs a token that this node accepts. Rejects with JWT_JWKS, whose keys are public: only the issuer can sign. */
export async function mintToken(settings: TokenSettings, order: TokenOrder): Promise<MintedToken> {
  if (settings.secret === null) {
    throw new Error(
      'Tokens are checked with JWT_JWKS, so only its issuer can sign them; set JWT_SECRET to mint tokens here.',
    )
  }
  const issuedAt = Math.floor(order.nowMs / 1000)
  const expiresAt = issuedAt + Math.max(1, Math.floor(order.lifetimeMs / 1000))
  const draft = new SignJWT({ rooms: order.rooms, ...(order.info === undefined ? {} : { info: order.info }) })
    .setProtectedHeader({ alg: acceptedAlgorithms(settings)[0] ?? 'HS256', typ: 'JWT' })
    .setSubject(order.subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
  if (settings.issuer !== null) draft.setIssuer(settings.issuer)
  if (settings.audience !== null) draft.setAudience(settings.audience)
  return { token: await draft.sign(settings.secret), expiresAt: expiresAt * 1000 }
}
