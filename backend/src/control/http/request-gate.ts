import type { Request, Response, NextFunction } from 'express'
import { randomBytes } from 'node:crypto'
import type { RequestOrigins } from './request-origin.js'
import { ProblemError } from './problem.js'
import { setContext } from './request-context.js'
import { setSecurityHeaders } from './security-headers.js'

/** What the control port speaks; anything else is refused before any handler sees it. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'])

/**
 * The first middleware of the control port: gives the request its id and context, the answer its headers, and turns
 * away what no route takes.
 */
export function requestGate(addresses: RequestOrigins) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { address, isHttps } = addresses.of(request)
    const requestId = randomBytes(9).toString('base64url')
    setContext(request, { requestId, address, isHttps, caller: null })
    setSecurityHeaders(response, request.headers.host ?? '', isHttps)
    response.setHeader('X-Request-Id', requestId)
    response.setHeader('Cache-Control', 'no-store')
    next(faultOf(request))
  }
}

function faultOf(request: Request): ProblemError | undefined {
  if (!METHODS.has(request.method)) {
    return new ProblemError(
      405,
      'method_not_allowed',
      `${request.method} is not used here; ask with GET, POST, PATCH or DELETE.`,
      {
        headers: { Allow: [...METHODS].join(', ') },
      },
    )
  }
  // A decoder in front of authentication is attack surface that 64 KiB of JSON does not need.
  if (request.headers['content-encoding'] !== undefined) {
    return new ProblemError(
      415,
      'unsupported_encoding',
      'The body is compressed; send it plain, without Content-Encoding.',
    )
  }
  if (hasBody(request) && !isJson(request.headers['content-type'])) {
    return new ProblemError(
      415,
      'unsupported_media_type',
      'The body must be JSON: send Content-Type: application/json.',
    )
  }
  return undefined
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/** Whether a Content-Type is JSON and nothing that only ends like it. */
export function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\s*(?:;|$)/i.test(contentType)
}
