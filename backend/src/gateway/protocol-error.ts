import type { ReplyErrorCode } from '@gatehouse/protocol'
import type { TokenVerdict } from '../realtime/ports/token-verifier.js'

/** A request is answered with an error; the connection stays open. `message` is ours and quotes nothing received. */
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

/** A token in a frame did not pass; the core decides what happens to the connection. */
export class TokenRefused extends Error {
  constructor(readonly verdict: RefusedVerdict) {
    super(verdict.rule)
  }
}
