import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../http/problem.js'
import { isJson } from '../http/request-gate.js'

const SAFE = new Set(['GET', 'HEAD'])

/**
 * Refuses a state change that another site could have made a browser send. A change needs a JSON body, a header that
 * forms and links cannot set, and Sec-Fetch-Site or Origin must say that the page is ours. Programs other than browsers
 * send neither of those two headers, so for them only the first two checks apply.
 */
export function demandSameSite(request: IncomingMessage): void {
  if (SAFE.has(request.method ?? '')) return
  if (!isJson(request.headers['content-type'])) {
    throw new ProblemError(
      415,
      'unsupported_media_type',
      'A change needs a JSON body: send Content-Type: application/json and at least {}.',
    )
  }
  if (request.headers['x-gatehouse-request'] !== '1') {
    throw new ProblemError(
      403,
      'cross_site',
      'A change sent with a sign-in cookie needs the header X-Gatehouse-Request: 1.',
    )
  }
  if (!isSameSite(request)) {
    throw new ProblemError(
      403,
      'cross_site',
      'The request came from another site; open the control room at its own address.',
    )
  }
}

/** Whether the browser says that the page is of this origin; true if it says nothing. */
export function isSameSite(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin, host } = request.headers
  return origin === undefined || URL.parse(origin)?.host === host
}
