import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ServerOptions } from 'ws'
import { WebSocketServer } from 'ws'
import type { BoundHandler } from './control-lane.js'
import type { GatewaySettings } from './gateway-settings.js'
import { selectSubprotocol } from './subprotocols.js'
import { WsSocket } from './ws-socket.js'

/** Longer than the core's own close timeout, so that ws only cuts what the core missed. */
const CLOSE_TIMEOUT_MS = 10_000

/**
 * The WebSocket server of one gateway class. It has no listener: admitted upgrades are handed to it. It keeps what Nest
 * does at a connection for later, so that an idle socket carries no handlers.
 */
export class GatewayServer extends WebSocketServer<typeof WsSocket> {
  #bind: ((socket: WsSocket) => void) | null = null
  #connectionId: string | null = null

  constructor(limits: Pick<GatewaySettings, 'maxFrameBytes' | 'maxFragments' | 'maxBufferedChunks'>) {
    const options: ServerOptions<typeof WsSocket> & { closeTimeout: number } = {
      noServer: true,
      WebSocket: WsSocket,
      clientTracking: false,
      perMessageDeflate: false,
      // Pings count against the message rate, so the edge answers them itself.
      autoPong: false,
      maxPayload: limits.maxFrameBytes,
      maxFragments: limits.maxFragments,
      maxBufferedChunks: limits.maxBufferedChunks,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered) => selectSubprotocol(offered) ?? false,
    }
    super(options)
    this.on('headers', (headers) => {
      if (this.#connectionId !== null) headers.push(`Gatehouse-Connection: ${this.#connectionId}`)
    })
  }

  /** Completes an admitted upgrade; null when the client had already gone. The 101 carries `connectionId`. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer, connectionId: string): WsSocket | null {
    let opened: WsSocket | null = null
    this.#connectionId = connectionId
    try {
      this.handleUpgrade(request, stream, head, (socket) => (opened = socket))
    } finally {
      this.#connectionId = null
    }
    return opened
  }

  /** Keeps what Nest would run at every connection. */
  onBind(bind: (socket: WsSocket) => void): void {
    this.#bind = bind
  }

  /** Has Nest bind the gateway's handlers to this socket: guards, interceptor and filter around each. */
  bindHandlers(socket: WsSocket): readonly BoundHandler[] {
    this.#bind?.(socket)
    if (socket.handlers === null) throw new Error('No gateway class is bound to this server; does its path match?')
    return socket.handlers
  }
}
