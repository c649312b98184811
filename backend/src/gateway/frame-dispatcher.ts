import type { Request } from '@gatehouse/protocol'
import { limits } from '@gatehouse/protocol'
import type { Connection } from '../realtime/connections/connection.js'
import { BYTES_MESSAGE } from './charge-rate.js'
import { ControlLane } from './control-lane.js'
import { serveData } from './data-lane.js'
import type { EdgeContext } from './edge-context.js'
import { INTERNAL, faultOf } from './edge-log.js'
import type { GatewayServer } from './gateway-server.js'
import { publishGrantOf, takesDataLane } from './lane-choice.js'
import type { WsSocket } from './ws-socket.js'

/** The part of an Observable we need; Nest returns one when an interceptor wraps the handler. */
interface Subscribable {
  subscribe(observer: { complete(): void; error(reason: unknown): void }): unknown
}

/**
 * Takes every message of a port's sockets. Publishes, acks and pings go to the core at once. Everything else goes
 * through Nest, one frame at a time for each connection; frames that arrive meanwhile wait. Never throws.
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
      this.#giveUp(connection, 'frame', error)
    }
  }

  #receive(socket: WsSocket, connection: Connection, bytes: Buffer, isBinary: boolean): void {
    const { hub } = this.context
    hub.received(connection, bytes.length, isBinary)
    if (isBinary !== connection.encoding.isBinary) {
      hub.closer.disconnect(connection, 'unsupported_data', {})
      return
    }
    const isStranger = connection.state === 'authenticating'
    if (isStranger && bytes.length > limits.unauthenticatedBytes) {
      const evidence = { rule: 'bytes before connect', limit: limits.unauthenticatedBytes, value: bytes.length }
      hub.closer.disconnect(connection, 'bad_request', evidence)
      return
    }
    const retryAfterMs = hub.limiter.takeBytes(connection, bytes.length)
    const { request, fault } = connection.encoding.read(bytes)
    if (fault !== undefined) {
      if (isStranger) hub.closer.disconnect(connection, 'bad_request', { rule: fault.message })
      else hub.replier.fail(connection, fault.id, { code: fault.code, message: fault.message })
    } else if (retryAfterMs > 0) {
      hub.replier.fail(connection, request.id, { code: 'rate_limited', message: BYTES_MESSAGE, retryAfterMs })
    } else if (socket.lane === null) this.#serve(socket, connection, request, null)
    else if (socket.lane.hold(request, bytes.length, isStranger)) connection.pause('edge')
  }

  /** Answers a failure in the core like one of a handler. `spare` is a lane to reuse, with its waiting frames. */
  #serve(socket: WsSocket, connection: Connection, request: Request, spare: ControlLane | null): void {
    try {
      this.#route(socket, connection, request, spare)
    } catch (error) {
      this.context.log.handlerFailed({ connection: connection.id, event: request.event, ...faultOf(error) })
      this.context.hub.replier.fail(connection, request.id, INTERNAL)
    }
  }

  #route(socket: WsSocket, connection: Connection, request: Request, spare: ControlLane | null): void {
    if (connection.state === 'authenticating' && request.event !== 'connect') {
      this.context.hub.closer.disconnect(connection, 'bad_request', { rule: 'the first frame must be connect' })
      return
    }
    const grant = publishGrantOf(request, connection, this.context.forceControlRoad)
    if (takesDataLane(request, grant)) serveData(request, connection, grant, this.context)
    else this.#control(socket, connection, request, spare)
  }

  /** Runs one control frame through Nest; until it is done all further frames of the connection wait. */
  #control(socket: WsSocket, connection: Connection, request: Request, spare: ControlLane | null): void {
    const handlers = socket.handlers ?? this.server.bindHandlers(socket)
    const handler = handlers.find(({ message }) => message === request.event)
    if (handler === undefined) throw new TypeError('no handler is bound for this event')
    socket.lane = spare ?? new ControlLane()
    socket.lane.token = null
    const done = (): void => this.#next(socket, connection)
    const failed = (error: unknown): void => {
      this.#giveUp(connection, request.event, error)
      done()
    }
    const settle = (result: unknown): void => {
      if (isSubscribable(result)) result.subscribe({ complete: done, error: failed })
      else done()
    }
    Promise.resolve(handler.callback(request, request.event)).then(settle, failed)
  }

  /** The control frame is done: serves the frames that waited, up to the next control frame. */
  #next(socket: WsSocket, connection: Connection): void {
    const { lane } = socket
    if (lane === null) return
    socket.lane = null
    try {
      while (socket.lane === null && connection.state !== 'closing') {
        const request = lane.next()
        if (request === undefined) break
        this.#serve(socket, connection, request, lane)
      }
      // An idle socket carries no handlers; the next control frame binds them again.
      if (socket.lane === null) socket.handlers = null
      if (lane.mayRelease()) connection.resume('edge')
    } catch (error) {
      this.#giveUp(connection, 'frame', error)
    }
  }

  /** The failure could not even be answered. */
  #giveUp(connection: Connection, event: string, error: unknown): void {
    this.context.log.handlerFailed({ connection: connection.id, event, ...faultOf(error) })
    this.context.hub.closer.disconnect(connection, 'internal_error', {})
  }
}

function isSubscribable(result: unknown): result is Subscribable {
  return typeof result === 'object' && result !== null && 'subscribe' in result
}
