// Stock Nest: a gateway on WsAdapter with one guard and one interceptor on its handlers, as an application would write it.
// Decorators are called by hand, because Node runs this file without a compiler.
import 'reflect-metadata'
import {
  Module,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { WsAdapter } from '@nestjs/platform-ws'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import type { AddressInfo } from 'node:net'
import { tap, type Observable } from 'rxjs'
import type { WebSocket } from 'ws'
import { announce, PeerRooms, type Published } from './peer.ts'

interface Reply {
  readonly event: 'reply'
  readonly data: { readonly id: number; readonly ok: { readonly offset: number } }
}
type Incoming = Published & { readonly id?: number }

const users = new WeakMap<WebSocket, { frames: number }>()

/** Takes frames only from clients whose connection was seen. */
class KnownGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return users.has(context.switchToWs().getClient<WebSocket>())
  }
}

/** Counts the frames of each client. */
class CountInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const user = users.get(context.switchToWs().getClient<WebSocket>())
    return next.handle().pipe(
      tap(() => {
        if (user !== undefined) user.frames += 1
      }),
    )
  }
}

class PeerGateway {
  readonly #rooms = new PeerRooms<WebSocket>()

  handleConnection(client: WebSocket): void {
    users.set(client, { frames: 0 })
  }

  handleDisconnect(client: WebSocket): void {
    this.#rooms.leaveAll(client)
  }

  join(client: WebSocket, { id, room }: Incoming): Reply | undefined {
    return replyTo(id, this.#rooms.join(room, client))
  }

  publish(_client: WebSocket, { id, ...data }: Incoming): Reply | undefined {
    const message = this.#rooms.next(data)
    const text = JSON.stringify(message)
    for (const member of this.#rooms.membersOf(data.room)) member.send(text)
    return replyTo(id, message.offset)
  }
}

function replyTo(id: number | undefined, offset: number): Reply | undefined {
  return id === undefined ? undefined : { event: 'reply', data: { id, ok: { offset } } }
}

for (const event of ['join', 'publish'] as const) {
  const handler = Object.getOwnPropertyDescriptor(PeerGateway.prototype, event) as PropertyDescriptor
  SubscribeMessage(event)(PeerGateway.prototype, event, handler)
}
UseGuards(KnownGuard)(PeerGateway)
UseInterceptors(CountInterceptor)(PeerGateway)
WebSocketGateway({ path: '/ws', perMessageDeflate: false })(PeerGateway)

class PeerModule {}
Module({ providers: [PeerGateway] })(PeerModule)

const app = await NestFactory.create(PeerModule, { logger: ['error'] })
app.useWebSocketAdapter(new WsAdapter(app))
await app.listen(0, '127.0.0.1')
announce((app.getHttpServer() as { address(): AddressInfo }).address(), '/ws')
