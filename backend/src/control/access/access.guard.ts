import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { Request } from 'express'
import type { Verb } from '@gatehouse/protocol/rest'
import { AuditTrail } from '../audit/audit-trail.js'
import { forbidden, ProblemError } from '../http/problem.js'
import { contextOf } from '../http/request-context.js'
import type { Caller } from './caller.js'
import { Credentials } from './credentials.js'
import { demandSameSite } from './same-site.js'
import { type AccessRule, ACCESS_RULE_KEY } from './needs.decorator.js'

/**
 * Guards every route of the control plane. A route without a rule is refused. For all others it checks the caller, the
 * site the request came from, the verb and the room.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly credentials: Credentials,
    private readonly audit: AuditTrail,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    // In one application a global guard also runs for WebSocket gateways, which have guards of their own.
    if (execution.getType() !== 'http') return true
    const request = execution.switchToHttp().getRequest<Request>()
    const context = contextOf(request)
    const rule = this.reflector.get<AccessRule | undefined>(ACCESS_RULE_KEY, execution.getHandler())
    if (rule === undefined) throw forbidden('Nobody may use this route: it declares no access rule.')
    if (rule.kind === 'open') {
      demandSameSite(request)
      return true
    }
    const caller = await this.credentials.callerOf(request)
    if (caller === null) throw notSignedIn()
    context.caller = caller
    if (caller.session !== null) demandSameSite(request)
    try {
      checkRule(rule, caller, request)
    } catch (error) {
      await this.audit.denied(request, rule.kind === 'verb' ? rule.verbs.join(' or ') : 'request')
      throw error
    }
    return true
  }
}

function checkRule(rule: AccessRule, caller: Caller, request: Request): void {
  if (rule.kind !== 'verb') return
  if (!rule.verbs.some((verb) => caller.can(verb))) caller.demand(rule.verbs[0] as Verb)
  if (rule.roomParameter !== null) caller.demandRoom(String(request.params[rule.roomParameter] ?? ''))
}

function notSignedIn(): ProblemError {
  return new ProblemError(401, 'not_signed_in', 'Sign in, or send an API key as Authorization: Bearer <key>.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="gatehouse"' },
  })
}
