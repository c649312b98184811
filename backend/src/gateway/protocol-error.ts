import type { ReplyErrorCode } from '@gatehouse/protocol'
import type { TokenVerdict } from '../realtime/ports/token-verifier.js'

/** A request that is answered with an error; the connection lives on. `message` is ours and quotes nothing received. */
export class ProtocolError extends Error {
  constructor(
    readonly code: ReplyErrorCode,
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(message)
  }
}

export type RefusedVerdict = Extract<TokenVerdict, { readonly ok: false }>

/** A token in a frame did not pass; what becomes of the connection is the core's to say. */
export class TokenRefused extends Error {
  constructor(readonly verdict: RefusedVerdict) {
    super(verdict.rule)
  }
}
