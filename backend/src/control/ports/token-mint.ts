import type { TokenRequest, TokenResult } from '@gatehouse/protocol/rest'

/** Signs tokens for clients with this node's key. */
export abstract class TokenMint {
  /** Null with JWT_JWKS: its keys can check tokens but not sign them. */
  abstract mint(request: TokenRequest): Promise<TokenResult> | null
}
