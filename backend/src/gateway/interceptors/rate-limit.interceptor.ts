import type { Request } from '@gatehouse/protocol'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { Injectable } from '@nestjs/common'
import type { Observable } from 'rxjs'
import { chargeRate } from '../charge-rate.js'
import { socketOf } from '../socket-of.js'

/** Takes each frame of the control lane from the bucket that the data lane takes from too. */
@Injectable()
export class RateLimitInterceptor implements NestInterceptor {
  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { context, connection } = socketOf(host)
    chargeRate(context.hub, connection, host.switchToWs().getData<Request>())
    return next.handle()
  }
}
