import type { Problem } from '@gatehouse/protocol/rest'

/** Why the control port did not do what was asked, with the request id to look up in its log. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    /** HTTP status, or 0 when there was no answer at all. */
    readonly status: number,
    /** The stable code of the problem: `forbidden`, `plan_changed`; `unreachable` without an answer. */
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
    /** Which fields of the request were at fault. */
    readonly fields: readonly { readonly path: string; readonly message: string }[] = [],
    readonly retryAfterMs: number | null = null,
  ) {
    super(message)
  }
}

/** Turns anything thrown into an error that a panel can show. */
export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause
  return new ApiError(0, 'unexpected', cause instanceof Error ? cause.message : String(cause))
}

export type Query = Readonly<Record<string, string | number | null | undefined>>

/**
 * The REST API of the control port. Shapes are types only: the node serves this page and answers it from one build, so
 * checking them again here would add nothing.
 */
export class Api {
  /** Called when an answer says that nobody is signed in anymore. */
  onSignedOut: () => void = () => {}

  constructor(private readonly request: typeof fetch = (...input) => fetch(...input)) {}

  get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    return this.#send<T>('GET', path + searchOf(query), undefined, {}, signal)
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.#send<T>('POST', path, body)
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#send<T>('PATCH', path, body)
  }

  delete<T>(path: string, body: unknown = {}): Promise<T> {
    return this.#send<T>('DELETE', path, body)
  }

  /** A request that takes effect once, however often it is sent: pass the same key each time. */
  once<T>(method: 'POST' | 'PATCH', path: string, body: unknown, key: string): Promise<T> {
    return this.#send<T>(method, path, body, { 'Idempotency-Key': key })
  }

  async #send<T>(
    method: string,
    path: string,
    body: unknown,
    extra: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json', ...extra }
    if (method !== 'GET') {
      headers['Content-Type'] = 'application/json'
      headers['X-Gatehouse-Request'] = '1'
    }
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error' }
    if (body !== undefined) init.body = JSON.stringify(body)
    if (signal) init.signal = signal
    const response = await this.request(path, init).catch((cause: unknown) => {
      if (signal?.aborted) throw cause
      throw new ApiError(0, 'unreachable', 'The node did not answer. It may be restarting, or the network is down.')
    })
    if (!response.ok) throw await this.#problem(response)
    return (response.status === 204 ? undefined : await response.json()) as T
  }

  async #problem(response: Response): Promise<ApiError> {
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false
    const problem = isProblem ? ((await response.json().catch(() => null)) as Problem | null) : null
    const error = new ApiError(
      response.status,
      problem?.code ?? 'unexpected',
      problem?.detail ?? problem?.title ?? `The node answered ${response.status} without saying why.`,
      problem?.requestId ?? response.headers.get('x-request-id'),
      problem?.errors ?? [],
      problem?.retryAfterMs ?? null,
    )
    if (response.status === 401) this.onSignedOut()
    return error
  }
}

/** A key for `Api.once`: make one when the person decides, and keep it through the retries of that decision. */
export function idempotencyKey(): string {
  return crypto.randomUUID()
}

function searchOf(query: Query): string {
  const entries = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`
}
