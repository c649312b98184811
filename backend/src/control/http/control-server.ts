import { ExpressAdapter } from '@nestjs/platform-express'
import { createServer as createPlain } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { Socket } from 'node:net'
import { shutdownSteps } from '../../operations/shutdown-budget.js'

/** Node's defaults allow a TLS handshake 120 s and check for slow requests every 30 s. */
const HANDSHAKE_TIMEOUT_MS = 5_000
const CHECK_INTERVAL_MS = 1_000

/**
 * The control port's HTTP server. It also tracks sockets that never sent a request, so that closing waits only for
 * answers under way.
 */
export class ControlServer extends ExpressAdapter {
  readonly #sockets = new Set<Socket>()
  #underWay = 0

  /** @param tls PEM texts of certificate and key; null serves plain HTTP */
  constructor(private readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null) {
    super()
  }

  override initHttpServer(): void {
    const timing = { connectionsCheckingInterval: CHECK_INTERVAL_MS }
    const answer = this.getInstance()
    const { tls } = this
    const secured = { ...tls, ...timing, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }
    const server = tls === null ? createPlain(timing, answer) : createSecure(secured, answer)
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (_request, response) => {
      this.#underWay += 1
      response.once('close', () => (this.#underWay -= 1))
    })
    this.httpServer = server
  }

  override async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.httpServer.close(() => resolve()))
    if (this.#underWay === 0) this.#cutAll()
    const cut = setTimeout(() => this.#cutAll(), shutdownSteps.answersMs)
    await closed
    clearTimeout(cut)
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
