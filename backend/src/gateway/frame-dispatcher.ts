import type { Request } from '@gatehouse/protocol'
import { decodeFrame, limits } from '@gatehouse/protocol'
import type { Connection } from '../realtime/connection.js'
import type { Hub } from '../realtime/hub.js'
import { ControlLane } from './control-lane.js'
import type { EdgeContext } from './edge-context.js'
import { faultOf } from './edge-log.js'
import type { GatewayServer } from './gateway-server.js'
import type { WsSocket } from './ws-socket.js'

/** What a promise or an Observable has in common for us; Nest answers one where an interceptor stands before. */
interface Subscribable {
  subscribe(observer: { complete(): void; error(reason: unknown): void }): unknown
}

/**
 * Takes every message of a port's sockets. Publishes, acks and pings go to the core at once; all else goes through
 * Nest, one frame at a time for each connection, and what arrives meanwhile waits behind it. Never throws.
 */
export class FrameDispatcher {
  constructor(
    private readonly context: EdgeContext,
    private readonly server: GatewayServer,
  ) {}

  receive(socket: WsSocket, connection: Connection, bytes: Buffer, isBinary: boolean): void {
    if (connection.state === 'closing') return
    try {
      this.#receive(socket, connection, bytes, isBinary)
    } catch (error) {
      this.#failed(connection, 'frame', error)
    }
  }

  #receive(socket: WsSocket, connection: Connection, bytes: Buffer, isBinary: boolean): void {
    const { hub } = this.context
    hub.frameArrived(connection, bytes.length)
    if (isBinary) {
      hub.protocolFault(connection, 'unsupported_data', {})
      return
    }
    const isStranger = connection.state === 'authenticating'
    if (isStranger && bytes.length > limits.unauthenticatedBytes) {
      hub.disconnect(connection, 'bad_request', {
        rule: 'bytes before authentication',
        limit: limits.unauthenticatedBytes,
        value: bytes.length,
      })
      return
    }
    const { request, fault } = decodeFrame(bytes.toString())
    if (isStranger && request?.event !== 'connect') {
      hub.disconnect(connection, 'bad_request', { rule: 'the first frame must be connect' })
    } else if (fault !== undefined) hub.frameFault(connection, fault.id, fault.code, fault.message)
    else if (socket.lane === null) this.#route(socket, connection, hub, request, bytes.length)
    else {
      socket.lane.hold(request, bytes.length)
      if (socket.lane.isFull) socket.hold()
    }
  }

  #route(socket: WsSocket, connection: Connection, hub: Hub, request: Request): void {
    switch (request.event) {
      case 'ping':
        if (this.#takesRate(connection, hub, request.id)) hub.ping(connection, request.id)
        break
      case 'ack':
        if (this.#takesRate(connection, hub, request.id)) hub.ack(connection, request.data, request.id)
        break
      case 'publish':
        if (this.context.forceControlRoad || !hub.hasGrant(connection, request.data.room)) {
          this.#control(socket, connection, request)
        } else if (this.#takesRate(connection, hub, request.id)) hub.publish(connection, request.data, request.id)
        break
      default:
        this.#control(socket, connection, request)
    }
  }
}
