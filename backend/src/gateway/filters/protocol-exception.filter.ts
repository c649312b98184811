import type { Request } from '@gatehouse/protocol'
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common'
import { Catch } from '@nestjs/common'
import { WsException } from '@nestjs/websockets'
import { failed } from '../../realtime/replies/answer.js'
import { answer } from '../socket-answer.js'
import { INTERNAL, faultOf } from '../edge-log.js'
import { ProtocolError, TokenRefused } from '../protocol-error.js'
import { socketOf } from '../socket-of.js'

/**
 * Answers a frame whose guard, interceptor or handler threw. Nest's own filter would emit to nobody and echo the whole
 * frame, token included. This one sends a code and our own message, and logs only where the error was thrown.
 */
@Catch()
export class ProtocolExceptionFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const { socket, context, connection } = socketOf(host)
    const frame = host.switchToWs().getData<Request>()
    if (exception instanceof TokenRefused) {
      const done = answer(socket, frame.id)
      if (frame.event === 'connect')
        context.hub.authenticator.authenticate(connection, exception.verdict, frame.data, done)
      else context.hub.authenticator.refresh(connection, exception.verdict, done)
    } else if (exception instanceof ProtocolError) {
      answer(socket, frame.id)(failed(exception.code, exception.message, exception.retryAfterMs))
    } else if (exception instanceof WsException) answer(socket, frame.id)(failed('forbidden', 'this is not allowed'))
    else {
      context.log.handlerFailed({ connection: connection.id, event: frame.event, ...faultOf(exception) })
      answer(socket, frame.id)({ error: INTERNAL })
    }
  }
}
