import type { ReplyError, ReplyErrorCode } from '@gatehouse/protocol'

/** What a request is answered with: what the reply's `ok` holds, or its `error`. */
export type Answer<T> =
  { readonly ok: T; readonly error?: undefined } | { readonly error: ReplyError; readonly ok?: undefined }

/** When to try again after a port behind the hub did not answer. */
export const BUS_RETRY_MS = 1_000

/** A failed answer. `retryAfterMs` is left out where waiting does not help. */
export function failed(code: ReplyErrorCode, message: string, retryAfterMs?: number): { readonly error: ReplyError } {
  return { error: retryAfterMs === undefined ? { code, message } : { code, message, retryAfterMs } }
}
