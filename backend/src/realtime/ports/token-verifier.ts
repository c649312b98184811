import type { Right, UserInfo } from '@gatehouse/protocol'

/** A token's claims after its signature and times were checked. */
export interface VerifiedToken {
  readonly subject: string
  /** Room pattern to rights; patterns are well-formed. */
  readonly rooms: ReadonlyMap<string, readonly Right[]>
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly issuedAt: number | null
  readonly issuer: string | null
  readonly tokenId: string | null
  /** Name of the API key that this stands for, in place of a user: what `from` shows. */
  readonly service?: string
  /** What others in the user's rooms are told of the user; at most 1 KiB as JSON. */
  readonly info?: UserInfo
}

export type TokenVerdict =
  | { readonly ok: true; readonly token: VerifiedToken }
  /** `rule` is a short phrase of ours (`signature`, `missing exp`), never a part of the token. */
  | {
      readonly ok: false
      readonly reason: 'bad_token' | 'token_expired' | 'token_revoked' | 'auth_backend_error'
      readonly rule: string
    }

/** Checks tokens with keys from configuration only (RFC 8725). */
export abstract class TokenVerifier {
  /** Never rejects. */
  abstract verify(token: string): Promise<TokenVerdict>
}
