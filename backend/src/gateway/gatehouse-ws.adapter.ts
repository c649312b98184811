import type { INestApplicationContext, WsMessageHandler } from '@nestjs/common'
import { WsAdapter } from '@nestjs/platform-ws'
import type { GatewaySettings } from './gateway-settings.js'
import { assertLimits } from './gateway-settings.js'
import { GatewayServer } from './gateway-server.js'
import { WsSocket } from './ws-socket.js'

/**
 * Connects Nest to our servers. It creates them without a port, because our own listener admits each upgrade. It binds
 * handlers when the first control frame needs them. It closes nothing, because the drain owns the sockets.
 */
export class GatehouseWsAdapter extends WsAdapter {
  readonly #servers = new Map<string, GatewayServer>()

  constructor(
    app: INestApplicationContext,
    private readonly limits: Pick<GatewaySettings, 'maxFrameBytes' | 'maxFragments' | 'maxBufferedChunks'>,
  ) {
    super(app)
    assertLimits(limits)
  }

  /** One server for each path; two gateway classes on one path would read every frame twice. */
  override create(_port: number, options?: Record<string, unknown>): GatewayServer {
    const given = options?.['path']
    const path = typeof given === 'string' ? given : ''
    if (path === '' || this.#servers.has(path)) {
      throw new Error(`A gateway class needs a path of its own; ${path === '' ? 'one has none' : `${path} is taken`}.`)
    }
    const server = new GatewayServer(this.limits)
    this.#servers.set(path, server)
    return server
  }

  override bindClientConnect(server: unknown, callback: (socket: WsSocket) => void): void {
    if (!(server instanceof GatewayServer)) throw new Error('This adapter serves its own servers only.')
    server.onBind(callback)
  }

  /** The core is told of every close with its reason; Nest would drop the reason. */
  override bindClientDisconnect(): void {}

  override bindMessageHandlers(client: unknown, handlers: WsMessageHandler[]): void {
    if (client instanceof WsSocket) client.handlers = handlers
  }

  override async close(): Promise<void> {}

  override async dispose(): Promise<void> {}
}
