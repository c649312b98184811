import type { CloseReason, RefusalReason, ReplyError, ReplyErrorCode } from '@gatehouse/protocol'

/** `timeout`: no reply in time, the outcome is unknown. `disconnected`: the connection ended before the reply. */
export type RequestErrorCode = ReplyErrorCode | 'timeout' | 'disconnected'

/** Why a request did not succeed. The connection may live on. */
export class RequestError extends Error {
  override readonly name = 'RequestError'

  constructor(
    readonly code: RequestErrorCode,
    message: string,
    /** How long the server asks to wait before the next try, milliseconds. */
    readonly retryAfterMs?: number,
    /** With `disconnected`: why the connection is closed for good, where the server said it. */
    readonly reason?: CloseReason | RefusalReason,
  ) {
    super(message)
  }

  static of(error: ReplyError): RequestError {
    return new RequestError(error.code, error.message, error.retryAfterMs)
  }
}
