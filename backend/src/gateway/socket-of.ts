import type { ArgumentsHost } from '@nestjs/common'
import type { Connection } from '../realtime/connections/connection.js'
import type { EdgeContext } from './edge-context.js'
import type { WsSocket } from './ws-socket.js'

/** The socket a frame came from, with its context and connection. Frames are dispatched only once both are set. */
export function socketOf(host: ArgumentsHost): {
  readonly socket: WsSocket
  readonly context: EdgeContext
  readonly connection: Connection
} {
  const socket = host.switchToWs().getClient<WsSocket>()
  return { socket, ...behind(socket) }
}

/** The same for a given socket. */
export function behind(socket: WsSocket): { readonly context: EdgeContext; readonly connection: Connection } {
  const { context, connection } = socket
  if (context === null || connection === null) throw new Error('a frame was dispatched for a socket that is not open')
  return { context, connection }
}
