import { refusalReasons, type RefusalReason } from '@gatehouse/protocol'

/** What the same admission says to a request without Upgrade. */
export interface Refusal {
  readonly status: number
  readonly reason: RefusalReason | undefined
  readonly sentence: string
  readonly isRetryable: boolean
  readonly retryAfterMs: number
}

interface ProblemBody {
  readonly code?: unknown
  readonly detail?: unknown
  readonly title?: unknown
  readonly retryAfterMs?: unknown
}

/**
 * Asks why an opening failed: browsers hide the status and body of a refused WebSocket, so the server
 * answers a plain GET on the same address with its decision. Undefined if it would let us in or cannot be reached.
 */
export async function askWhyRefused(
  socketUrl: string,
  request: typeof fetch,
  withCookies: boolean,
): Promise<Refusal | undefined> {
  try {
    const url = socketUrl.replace(/^ws/, 'http')
    const response = await request(url, {
      cache: 'no-store',
      headers: { accept: 'application/problem+json' },
      // An opening sends its cookies; without them the server would decide about somebody else.
      credentials: withCookies ? 'include' : 'same-origin',
    })
    if (response.ok) return undefined
    const body = ((await response.json().catch(() => null)) ?? {}) as ProblemBody
    return read(response.status, body, response.headers.get('retry-after'))
  } catch {
    return undefined
  }
}

function read(status: number, body: ProblemBody, retryAfter: string | null): Refusal {
  const reason = typeof body.code === 'string' && body.code in refusalReasons ? (body.code as RefusalReason) : undefined
  const isRetryable = reason === undefined ? status === 429 || status >= 500 : refusalReasons[reason].retryable
  const waitSeconds = retryAfter === null ? Number.NaN : Number(retryAfter)
  const retryAfterMs =
    typeof body.retryAfterMs === 'number' ? body.retryAfterMs : Number.isFinite(waitSeconds) ? waitSeconds * 1000 : 0
  const sentence =
    [body.detail, body.title].find((text) => typeof text === 'string') ?? `The server answered ${status}.`
  return { status, reason, sentence, isRetryable, retryAfterMs: Math.max(0, retryAfterMs) }
}
