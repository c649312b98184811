import type { TokenVerdict, VerifiedToken } from '../../realtime/ports/token-verifier.js'
import { TokenVerifier } from '../../realtime/ports/token-verifier.js'
import type { Caller } from '../access/caller.js'

/** For keys that never expire: the core's token needs an end, and a century is long enough. */
const NO_END_MS = 100 * 365 * 86_400_000

/** Wraps a caller as the token that the core expects. It is never signed and never leaves the process. */
export class ViewerTokens {
  readonly #callers = new WeakMap<VerifiedToken, Caller>()

  tokenOf(caller: Caller, nowMs: number): VerifiedToken {
    const token: VerifiedToken = {
      subject: caller.id,
      rooms: new Map(),
      expiresAt: caller.expiresAt ?? nowMs + NO_END_MS,
      issuedAt: nowMs,
      issuer: null,
      tokenId: null,
    }
    this.#callers.set(token, caller)
    return token
  }

  callerOf(token: VerifiedToken | null): Caller | undefined {
    return token === null ? undefined : this.#callers.get(token)
  }
}

/** The control room takes no tokens in frames: the cookie or key came with the opening request. */
export class NoFrameTokens extends TokenVerifier {
  override verify(): Promise<TokenVerdict> {
    return Promise.resolve({ ok: false, reason: 'bad_token', rule: 'the control room takes no token in a frame' })
  }
}
