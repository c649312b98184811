import type { Request } from '@gatehouse/protocol'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { Injectable } from '@nestjs/common'
import type { Observable } from 'rxjs'
import { chargeRate } from '../charge-rate.js'
import { socketOf } from '../socket-of.js'

/** Events that the guard charges before it checks the token. */
const CHARGED_BY_GUARD: ReadonlySet<string> = new Set<Request['event']>(['connect', 'refresh'])

/** Charges each frame of the control lane to the bucket that the data lane uses too. */
@Injectable()
export class RateLimitInterceptor implements NestInterceptor {
  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { context, connection } = socketOf(host)
    const frame = host.switchToWs().getData<Request>()
    if (!CHARGED_BY_GUARD.has(frame.event)) chargeRate(context.hub, connection, frame)
    return next.handle()
  }
}
