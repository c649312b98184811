import { limits, MSGPACK_SUBPROTOCOL } from '@gatehouse/protocol'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connection } from '../realtime/connections/connection.js'
import type { OpeningFacts } from '../realtime/connections/opening-facts.js'
import type { Clock } from '../realtime/ports/clock.js'
import type { EdgeContext } from './edge-context.js'
import { FrameDispatcher } from './frame-dispatcher.js'
import type { GatewayServer } from './gateway-server.js'
import type { GatewaySettings } from './gateway-settings.js'
import type { SocketEnd } from '../realtime/connections/closer.js'
import type { SocketOwner, WireFault } from './socket-owner.js'
import { UnfinishedMessages } from './unfinished-messages.js'
import { explainFault } from './wire-faults.js'
import type { WsSocket } from './ws-socket.js'

type EdgeLimits = Pick<GatewaySettings, 'maxFrameBytes' | 'maxFragments' | 'unfinishedMessageMs'>

/** A client that does not read gets no more pongs than fit here; RFC 6455 requires one for the newest ping only. */
const PONG_BACKLOG_BYTES = 65_536
/** Allowance for frame headers around the payload that may come before authentication. */
const FRAMING_BYTES = 1_024

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
      context.hub.closer.disconnect(socket.connection, 'unfinished_message', evidence)
    })
  }

  /** Sets the server whose sockets these are; called once, when its gateway class is ready. */
  serve(server: GatewayServer): void {
    this.#server = server
    this.#dispatcher = new FrameDispatcher(this.context, server)
  }

  /** Completes an admitted upgrade and opens the connection; false when the client had already gone. */
  open(request: IncomingMessage, stream: Duplex, head: Buffer, facts: OpeningFacts): boolean {
    if (this.#server === null) throw new Error('an upgrade came before the gateway class was ready')
    // The 101 and the first push go out together: a system call is a third of the cost of opening.
    stream.cork()
    try {
      const socket = this.#server.upgrade(request, stream, head, facts.id)
      if (socket === null) return false
      socket.context = this.context
      socket.attach(this)
      const isPacked = socket.protocol === MSGPACK_SUBPROTOCOL
      socket.connection = this.context.hub.open(socket, isPacked ? { ...facts, encoding: 'msgpack' } : facts)
      socket.turnEnded()
      return true
    } finally {
      stream.uncork()
    }
  }

  stop(): void {
    this.#unfinished.stop()
  }

  message(socket: WsSocket, bytes: Buffer, isBinary: boolean): void {
    this.#unfinished.ended(socket)
    if (socket.connection !== null) this.#dispatcher?.receive(socket, socket.connection, bytes, isBinary)
  }

  inbound(socket: WsSocket, byteCount: number): void {
    const { connection } = socket
    if (connection !== null) {
      this.context.hub.heard(connection)
      if (connection.state === 'authenticating') this.#boundStranger(socket, connection, byteCount)
    }
    this.#unfinished.parsed(socket)
  }

  /** Bounds what a connection may make us keep before it authenticates, in one frame, in fragments or in pings. */
  #boundStranger(socket: WsSocket, connection: Connection, byteCount: number): void {
    socket.strangerBytes += byteCount
    // While its token is checked, later frames wait in the lane, which has its own bound.
    if (socket.strangerBytes <= limits.unauthenticatedBytes + FRAMING_BYTES || socket.lane !== null) return
    const evidence = { rule: 'bytes before connect', limit: limits.unauthenticatedBytes, value: socket.strangerBytes }
    this.context.hub.closer.disconnect(connection, 'bad_request', evidence)
  }

  ping(socket: WsSocket, data: Buffer): void {
    const { connection } = socket
    if (connection === null || connection.state === 'closing') return
    if (this.context.hub.limiter.take(connection, 1) > 0 || socket.bufferedBytes > PONG_BACKLOG_BYTES) return
    socket.pong(data)
  }

  pong(socket: WsSocket): void {
    const { connection } = socket
    if (connection === null || connection.state === 'closing') return
    // A pong that answers our own ping is free; a flood of others is paused and closed like any other flood.
    if (connection.health.pingSentMs === 0) this.context.hub.limiter.take(connection, 1)
    else this.context.hub.ponged(connection)
  }

  fault(socket: WsSocket, fault: WireFault): void {
    this.#unfinished.forget(socket)
    if (socket.connection === null) return
    const { reason, evidence } = explainFault(fault, this.limits)
    this.context.hub.closer.disconnect(socket.connection, reason, evidence)
  }

  closed(socket: WsSocket, end: SocketEnd): void {
    this.#unfinished.forget(socket)
    const { connection } = socket
    socket.lane = null
    socket.handlers = null
    if (connection !== null) this.context.hub.closer.socketClosed(connection, end)
  }
}
