import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { OpeningFacts } from '../realtime/hub-settings.js'
import type { Clock } from '../realtime/ports/clock.js'
import type { EdgeContext } from './edge-context.js'
import { FrameDispatcher } from './frame-dispatcher.js'
import type { GatewayServer } from './gateway-server.js'
import type { GatewaySettings } from './gateway-settings.js'
import type { SocketEnd, SocketOwner, WireFault } from './socket-owner.js'
import { UnfinishedMessages } from './unfinished-messages.js'
import { explainFault } from './wire-faults.js'
import type { WsSocket } from './ws-socket.js'

type EdgeLimits = Pick<GatewaySettings, 'maxFrameBytes' | 'maxFragments' | 'unfinishedMessageMs'>

/** A client that does not read gets no more pongs than fit here; RFC 6455 asks for the newest only. */
const PONG_BACKLOG_BYTES = 65_536

/** Joins one hub to its sockets: opens connections in it and tells it what arrives on them. One for each port. */
export class HubEdge implements SocketOwner<WsSocket> {
  readonly #unfinished: UnfinishedMessages
  #server: GatewayServer | null = null
  #dispatcher: FrameDispatcher | null = null

  constructor(
    readonly context: EdgeContext,
    private readonly limits: EdgeLimits,
    clock: Clock,
  ) {
    this.#unfinished = new UnfinishedMessages(clock, limits.unfinishedMessageMs, (socket, ageMs) => {
      if (socket.connection === null) return
      const evidence = { rule: 'milliseconds', limit: limits.unfinishedMessageMs, value: ageMs }
      context.hub.protocolFault(socket.connection, 'unfinished_message', evidence)
    })
  }

  /** The server whose sockets these are; told once, when its gateway class is ready. */
  serve(server: GatewayServer): void {
    this.#server = server
    this.#dispatcher = new FrameDispatcher(this.context, server)
  }

  /** Completes an admitted upgrade and opens the connection; false when the client had already gone. */
  open(request: IncomingMessage, stream: Duplex, head: Buffer, facts: OpeningFacts): boolean {
    if (this.#server === null) throw new Error('an upgrade came before the gateway class was ready')
    const socket = this.#server.upgrade(request, stream, head, facts.id)
    if (socket === null) return false
    socket.context = this.context
    socket.attach(this)
    socket.connection = this.context.hub.open(socket, facts)
    return true
  }

  stop(): void {
    this.#unfinished.stop()
  }

  message(socket: WsSocket, bytes: Buffer, isBinary: boolean): void {
    this.#unfinished.ended(socket)
    if (socket.connection !== null) this.#dispatcher?.receive(socket, socket.connection, bytes, isBinary)
  }

  inbound(socket: WsSocket): void {
    if (socket.connection !== null) this.context.hub.heard(socket.connection)
    this.#unfinished.parsed(socket)
  }

  ping(socket: WsSocket, data: Buffer): void {
    const { connection } = socket
    if (connection === null || connection.state === 'closing') return
    if (this.context.hub.takeRate(connection, 1) > 0 || socket.bufferedBytes > PONG_BACKLOG_BYTES) return
    socket.pong(data)
  }

  pong(socket: WsSocket): void {
    if (socket.connection !== null) this.context.hub.ponged(socket.connection)
  }

  fault(socket: WsSocket, fault: WireFault): void {
    this.#unfinished.forget(socket)
    if (socket.connection === null) return
    const { reason, evidence } = explainFault(fault, this.limits)
    this.context.hub.protocolFault(socket.connection, reason, evidence)
  }

  closed(socket: WsSocket, end: SocketEnd): void {
    this.#unfinished.forget(socket)
    const { connection } = socket
    socket.lane = null
    socket.handlers = null
    if (connection !== null) this.context.hub.socketClosed(connection, end)
  }
}
