import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { Request, Response } from 'express'
import { createHash } from 'node:crypto'
import { from, lastValueFrom, type Observable } from 'rxjs'
import { IdempotencyRepository } from '../../store/repositories/index.js'
import { badRequest, conflict, ProblemError } from './problem.js'
import { callerOf } from './request-context.js'

/** Printable ASCII without spaces, as HTTP structured fields allow. */
const KEY_SHAPE = /^[\x21-\x7e]{1,255}$/

/** A request's `Idempotency-Key`, or undefined without one. */
export function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && KEY_SHAPE.test(key)) return key
  throw badRequest('Idempotency-Key must be 1 to 255 printable characters without spaces.', [
    { path: 'Idempotency-Key', message: 'malformed' },
  ])
}

/** Runs a request with an `Idempotency-Key` once: a repetition of it gets the first one's answer. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly answers: IdempotencyRepository) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp()
    const request = http.getRequest<Request>()
    const key = idempotencyKeyOf(request)
    return key === undefined ? next.handle() : from(this.#once(key, request, http.getResponse<Response>(), next))
  }

  async #once(key: string, request: Request, response: Response, next: CallHandler): Promise<unknown> {
    const actor = callerOf(request).id
    const verdict = await this.answers.begin(actor, key, fingerprintOf(request))
    if (verdict.kind === 'running')
      throw conflict('still_running', 'The first request with this Idempotency-Key is still running.')
    if (verdict.kind === 'mismatch') {
      throw new ProblemError(422, 'key_reused', 'This Idempotency-Key was used for another request; use a new one.')
    }
    if (verdict.kind === 'answered') {
      response.status(verdict.answer.status)
      response.setHeader('Idempotent-Replay', 'true')
      return verdict.answer.body
    }
    try {
      const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined })
      await this.answers.finish(actor, key, { status: response.statusCode, body })
      return body
    } catch (error) {
      await this.answers.forget(actor, key)
      throw error
    }
  }
}

function fingerprintOf(request: Request): string {
  const said = JSON.stringify([request.method, request.path, request.body ?? null])
  return createHash('sha256').update(said).digest('base64url')
}
