import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common'
import type { Problem } from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { STATUS_CODES } from 'node:http'
import { ControlLog } from '../ports/control-log.js'
import { ProblemError } from './problem.js'
import { findContext } from './request-context.js'
import { knownProblem } from './store-problem.js'

/** Answers every failure of the control port as `application/problem+json`; unexpected errors are logged, not shown. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: ControlLog) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<Request>()
    const response = http.getResponse<Response>()
    const requestId = findContext(request)?.requestId ?? ''
    const problem = this.#problemOf(error, requestId)
    if (response.headersSent) {
      response.destroy()
      return
    }
    sendProblem(response, problem, requestId)
  }

  #problemOf(error: unknown, requestId: string): ProblemError {
    const known = asProblem(error)
    if (known !== undefined) return known
    this.log.failed('a control request failed', { requestId, error })
    return new ProblemError(
      500,
      'internal',
      `The request failed with an internal error; the log has the details under request ${requestId}.`,
    )
  }
}

/** The problem for an error; undefined if the error is a fault of ours. */
export function asProblem(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error
  const known = knownProblem(error)
  if (known !== undefined) return known
  if (!(error instanceof HttpException)) return undefined
  const status = error.getStatus()
  if (status === 404)
    return new ProblemError(404, 'not_found', 'There is nothing at this path; the API is listed at /docs.')
  if (status === 413) return new ProblemError(413, 'too_large', 'The body is larger than 64 KiB; send a smaller one.')
  if (status >= 500) return undefined
  return new ProblemError(status, codes[status] ?? 'bad_request', error.message)
}

const codes: Readonly<Record<number, string>> = {
  401: 'not_signed_in',
  403: 'forbidden',
  409: 'conflict',
  415: 'unsupported_media_type',
}

/** Writes a problem as the answer. */
function sendProblem(response: Response, problem: ProblemError, requestId: string): void {
  const { errors, retryAfterMs, headers } = problem.extras
  const body: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    requestId,
    ...(errors === undefined || errors.length === 0 ? {} : { errors: [...errors] }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.ceil(retryAfterMs / 1000)))
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(body))
}
