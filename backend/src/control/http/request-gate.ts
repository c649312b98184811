import type { Request, Response, NextFunction } from 'express'
import { randomBytes } from 'node:crypto'
import type { RequestOrigins } from './request-origin.js'
import { ProblemError } from './problem.js'
import { setContext } from './request-context.js'
import { setSecurityHeaders } from './security-headers.js'

/** The methods of the control port; any other is refused before a handler sees it. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'])

/**
 * The first middleware of the control port: gives the request its id and context, sets the security headers of the
 * answer, and refuses what no route accepts.
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
      `The method ${request.method} is not supported; use GET, POST, PATCH or DELETE.`,
      {
        headers: { Allow: [...METHODS].join(', ') },
      },
    )
  }
  // 64 KiB of JSON needs no compression, and a decoder that runs before authentication is attack surface.
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

/** Whether a Content-Type is exactly application/json, parameters aside. */
export function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\s*(?:;|$)/i.test(contentType)
}
