import type { Request } from '@gatehouse/protocol'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Injectable } from '@nestjs/common'
import { chargeRate } from '../charge-rate.js'
import { TokenRefused } from '../protocol-error.js'
import { socketOf } from '../socket-of.js'

/**
 * Checks the token of `connect` and `refresh`, keeps the verdict for the handler and refuses a bad token. A connect
 * without a token passes: the core knows whether the opening request had one. Checking a signature is the most
 * expensive thing a frame can ask for, so both are charged here, before the check, and not by the interceptor.
 */
@Injectable()
export class JwtGuard implements CanActivate {
  async canActivate(host: ExecutionContext): Promise<boolean> {
    const { socket, context, connection } = socketOf(host)
    const frame = host.switchToWs().getData<Extract<Request, { event: 'connect' | 'refresh' }>>()
    const { lane } = socket
    if (lane === null) return false
    chargeRate(context.hub, connection, frame)
    if (frame.data.token === undefined) return true
    const verdict = await context.tokens.verify(frame.data.token)
    if (connection.state === 'closing') return false
    if (!verdict.ok) throw new TokenRefused(verdict)
    lane.token = verdict
    return true
  }
}
