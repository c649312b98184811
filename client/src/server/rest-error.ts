/** A field of a request that is at fault; `path` is dotted, empty for the whole body. */
export interface FieldFault {
  readonly path: string
  readonly message: string
}

/** What a REST request failed with, as the node's `application/problem+json` says it. */
export class RestError extends Error {
  override readonly name = 'RestError'

  constructor(
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    /** A stable word for programs: `forbidden`, `key_conflict`; `unreachable` and `unreadable` are this library's own. */
    readonly code: string,
    /** What happened, which value, and what to do. */
    readonly detail: string,
    /** How long the server asks to wait before the next try, milliseconds. */
    readonly retryAfterMs?: number,
    readonly errors: readonly FieldFault[] = [],
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options)
  }

  /** Whether the same request may succeed later; a publish without `key` may then take effect twice. */
  get isRetryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** Reads an answer that is not a success; one from a proxy in between becomes an error too. */
export async function restError(response: Response): Promise<RestError> {
  const body = asRecord(await response.json().catch(() => undefined))
  const { status } = response
  const code = typeof body['code'] === 'string' ? body['code'] : 'unreadable'
  const detail = [body['detail'], body['title']].find((text) => typeof text === 'string')
  const errors = Array.isArray(body['errors']) ? body['errors'].filter(isFault) : []
  const retryAfterMs = waitOf(body['retryAfterMs'], response.headers.get('retry-after'))
  return new RestError(status, code, detail ?? `The server answered ${status}.`, retryAfterMs, errors)
}

function waitOf(ms: unknown, header: string | null): number | undefined {
  if (typeof ms === 'number') return ms
  const seconds = header === null ? Number.NaN : Number(header)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isFault(fault: unknown): fault is FieldFault {
  const { path, message } = asRecord(fault)
  return typeof path === 'string' && typeof message === 'string'
}
