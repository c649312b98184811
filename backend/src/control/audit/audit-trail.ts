import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import type { ActorKind, AuditReceipt } from '../../store/repositories/index.js'
import { AuditLog } from '../../store/repositories/index.js'
import { contextOf } from '../http/request-context.js'

/** One line for the audit log; the trail adds caller, address and request id. */
export interface AuditLine {
  /** A verb in the past tense: `room.closed`. */
  readonly action: string
  readonly target: string | null
  readonly outcome?: 'ok' | 'denied' | 'failed'
  /** Before, after, note and counts; never a secret or a payload. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Strangers decide how many credentials are refused; this cap keeps them from flooding the audit log. */
const ANONYMOUS_ROWS_PER_MINUTE = 30

/** Writes what was done over the control port, and what was denied. */
@Injectable()
export class AuditTrail {
  #minute = 0
  #anonymousRows = 0
  #suppressed = 0

  constructor(private readonly log: AuditLog) {}

  /** Adds the line under the request's caller. Never rejects. */
  record(request: IncomingMessage, line: AuditLine): Promise<AuditReceipt> {
    const { caller, address, requestId } = contextOf(request)
    const actorKind: ActorKind = caller === null ? 'anonymous' : caller.kind
    return this.log.append({
      actor: caller?.name ?? 'anonymous',
      actorKind,
      action: line.action,
      target: line.target,
      outcome: line.outcome ?? 'ok',
      address,
      requestId,
      detail: line.detail ?? {},
    })
  }

  /** A caller asked for what it may not do. */
  denied(request: IncomingMessage, verb: string): Promise<AuditReceipt> {
    const path = (request.url ?? '').split('?')[0]?.slice(0, 200) ?? ''
    return this.record(request, {
      action: 'access.denied',
      target: `${request.method} ${path}`,
      outcome: 'denied',
      detail: { verb },
    })
  }

  /** A line about an unknown caller. Lines above the rate are only counted; the next line written has the count. */
  async anonymous(request: IncomingMessage, line: AuditLine): Promise<void> {
    const minute = Math.floor(Date.now() / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#anonymousRows = 0
    }
    if (this.#anonymousRows >= ANONYMOUS_ROWS_PER_MINUTE) {
      this.#suppressed += 1
      return
    }
    this.#anonymousRows += 1
    const suppressed = this.#suppressed
    this.#suppressed = 0
    await this.record(request, { ...line, detail: { ...line.detail, ...(suppressed === 0 ? {} : { suppressed }) } })
  }
}
