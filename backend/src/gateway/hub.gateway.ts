import type { Request } from '@gatehouse/protocol'
import { UseFilters, UseGuards, UseInterceptors } from '@nestjs/common'
import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets'
import type { OnGatewayInit } from '@nestjs/websockets'
import { answered } from './socket-answer.js'
import { ProtocolExceptionFilter } from './filters/protocol-exception.filter.js'
import type { GatewayServer } from './gateway-server.js'
import { JwtGuard } from './guards/jwt.guard.js'
import { RoomGuard } from './guards/room.guard.js'
import type { HubEdge } from './hub-edge.js'
import { RateLimitInterceptor } from './interceptors/rate-limit.interceptor.js'
import { behind } from './socket-of.js'
import type { WsSocket } from './ws-socket.js'

type Frame<E extends Request['event']> = Extract<Request, { event: E }>

/**
 * The control lane of one hub: each handler asks the core and resolves when the answer was sent. A concrete gateway
 * adds its path and its edge.
 */
@UseFilters(ProtocolExceptionFilter)
@UseInterceptors(RateLimitInterceptor)
export abstract class HubGateway implements OnGatewayInit<GatewayServer> {
  protected abstract readonly edge: HubEdge

  afterInit(server: GatewayServer): void {
    this.edge.serve(server)
  }

  @UseGuards(JwtGuard)
  @SubscribeMessage('connect')
  onConnect(@ConnectedSocket() socket: WsSocket, @MessageBody() frame: Frame<'connect'>): Promise<void> {
    const { context, connection } = behind(socket)
    const verdict = socket.lane?.token ?? null
    return answered(socket, frame.id, (done) =>
      context.hub.authenticator.authenticate(connection, verdict, frame.data, done),
    )
  }

  @UseGuards(JwtGuard)
  @SubscribeMessage('refresh')
  onRefresh(@ConnectedSocket() socket: WsSocket, @MessageBody() frame: Frame<'refresh'>): Promise<void> {
    const { context, connection } = behind(socket)
    const verdict = socket.lane?.token ?? null
    if (verdict === null) throw new Error('the handler ran without its guard')
    return answered(socket, frame.id, (done) => context.hub.authenticator.refresh(connection, verdict, done))
  }

  @UseGuards(RoomGuard)
  @SubscribeMessage('join')
  onJoin(@ConnectedSocket() socket: WsSocket, @MessageBody() frame: Frame<'join'>): Promise<void> {
    const { context, connection } = behind(socket)
    return answered(socket, frame.id, (done) => {
      if ('rooms' in frame.data) context.hub.joiner.joinMany(connection, frame.data.rooms, done)
      else context.hub.joiner.join(connection, frame.data, done)
    })
  }

  @SubscribeMessage('leave')
  onLeave(@ConnectedSocket() socket: WsSocket, @MessageBody() frame: Frame<'leave'>): Promise<void> {
    const { context, connection } = behind(socket)
    return answered(socket, frame.id, (done) => done(context.hub.memberships.leave(connection, frame.data.room)))
  }

  @UseGuards(RoomGuard)
  @SubscribeMessage('presence')
  onPresence(@ConnectedSocket() socket: WsSocket, @MessageBody() frame: Frame<'presence'>): Promise<void> {
    const { context, connection } = behind(socket)
    return answered(socket, frame.id, (done) => done(context.hub.reader.presence(connection, frame.data.room)))
  }

  @UseGuards(RoomGuard)
  @SubscribeMessage('history')
  onHistory(@ConnectedSocket() socket: WsSocket, @MessageBody() frame: Frame<'history'>): Promise<void> {
    const { context, connection } = behind(socket)
    return answered(socket, frame.id, (done) => context.hub.reader.history(connection, frame.data, done))
  }

  /** For a publish to a room without a stored grant; the core replies itself, after the room's flush. */
  @UseGuards(RoomGuard)
  @SubscribeMessage('publish')
  onPublish(@ConnectedSocket() socket: WsSocket, @MessageBody() frame: Frame<'publish'>): void {
    const { context, connection } = behind(socket)
    context.hub.publisher.publish(connection, frame.data, frame.id)
  }
}
