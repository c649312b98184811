import type { TokenRequest, TokenResult } from '@gatehouse/protocol/rest'

/** Signs tokens for clients with this node's key. */
export abstract class TokenMint {
  /** Null where the keys are somebody else's (JWT_JWKS): then this node can check tokens but not make them. */
  abstract mint(request: TokenRequest): Promise<TokenResult> | null
}
