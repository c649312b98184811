import { createServer as createPlain } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { GatewaySettings } from './gateway-settings.js'
import { GATEWAY_PATH } from './opening-reader.js'
import { answerRaw, answerResponse, problemAnswer } from './problem-answer.js'

/** What the listener hands requests to. */
export interface OpeningDoor {
  /** An upgrade request on any path; takes over the stream. Must not throw. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  /** `/ws` without Upgrade: answers with the decision for an upgrade. */
  check(request: IncomingMessage, response: ServerResponse): void
  /** Gives up the upgrades that are not decided yet. */
  close(): void
}

/** What else the listener asks and reports. */
export interface ListenerSurroundings {
  /** Whether a balancer may send clients here. */
  readonly isReady: () => boolean
  /** A request that did not get past the HTTP parser: malformed, too large or too slow. */
  readonly countBadRequest: () => void
  /** An id for an answer that is not a refusal. */
  readonly requestId: () => string
}

/** Node's defaults are 60 s and 300 s, checked every 30 s: long enough for a few slow senders to hold every socket. */
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const TLS_HANDSHAKE_TIMEOUT_MS = 5_000
const CHECK_INTERVAL_MS = 1_000
const LARGEST_HEADER_BYTES = 16_384
const KEEP_ALIVE_MS = 5_000

/** The gateway's port: the opening of connections, two probes, and nothing else. */
export class GatewayListener {
  readonly #server: Server

  constructor(
    private readonly settings: Pick<GatewaySettings, 'host' | 'port' | 'tls'>,
    private readonly door: OpeningDoor,
    private readonly surroundings: ListenerSurroundings,
  ) {
    const options = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      maxHeaderSize: LARGEST_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
    }
    const { tls } = settings
    this.#server =
      tls === null
        ? createPlain(options)
        : createSecure({ ...options, handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS, cert: tls.cert, key: tls.key })
    // Node would silently drop headers beyond a count, perhaps the Origin; we count them ourselves and refuse.
    this.#server.maxHeadersCount = 0
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response))
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.door.upgrade(request, stream, head)
    })
    this.#server.on('clientError', (error: NodeJS.ErrnoException, stream: Duplex) => this.#badRequest(error, stream))
  }

  /** Binds and resolves to the port in use. Rejects with one line that names GATEWAY_PORT when it cannot bind. */
  async listen(): Promise<number> {
    const { host, port } = this.settings
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(whyUnbound(error, host, port))))
    this.#server.listen(port, host, resolve)
    await promise
    this.#server.removeAllListeners('error')
    // Running out of file descriptors while accepting is not fatal: the next accept tries again.
    this.#server.on('error', () => this.surroundings.countBadRequest())
    return this.port
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0
  }

  /** No new sockets from now on; open connections stay. */
  stopAccepting(): void {
    if (this.#server.listening) this.#server.close()
    this.#server.closeIdleConnections()
  }

  /** Ends the listener and every request under way, but no WebSocket: the core closes those. */
  async close(): Promise<void> {
    this.stopAccepting()
    this.door.close()
    this.#server.closeAllConnections()
    // The port is free a turn later. Node's own callback would wait for every open WebSocket.
    await new Promise((resolve) => setImmediate(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [path] = (request.url ?? '').split('?', 1)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (path === GATEWAY_PATH && (isRead || request.method === 'OPTIONS')) this.door.check(request, response)
    else if (path === '/livez' && isRead) tell(response, 200, { state: 'live' })
    else if (path === '/readyz' && isRead) {
      const isReady = this.surroundings.isReady()
      tell(response, isReady ? 200 : 503, { state: isReady ? 'ready' : 'not_ready' })
    } else this.#notFound(response)
  }

  #notFound(response: ServerResponse): void {
    const detail = 'Nothing is served here. Clients connect to /ws.'
    const id = this.surroundings.requestId()
    answerResponse(response, problemAnswer({ status: 404, code: 'path_not_found', detail, id }))
  }

  #badRequest(error: NodeJS.ErrnoException, stream: Duplex): void {
    // A client that hung up between requests asked for nothing.
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
      stream.destroy()
      return
    }
    this.surroundings.countBadRequest()
    // Failed TLS handshakes end up here too; nobody could read an answer.
    if (!/^(HPE_|ERR_HTTP_)/.test(error.code ?? '')) {
      stream.destroy()
      return
    }
    stream.on('error', () => stream.destroy())
    const [status, detail] = BAD_REQUESTS[error.code ?? ''] ?? [400, 'The request is not valid HTTP.']
    answerRaw(stream, problemAnswer({ status, code: 'bad_request', detail, id: this.surroundings.requestId() }))
  }
}

const BAD_REQUESTS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, `The headers exceed ${LARGEST_HEADER_BYTES} bytes.`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive.'],
}

function tell(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  const headers = { 'Content-Type': 'application/json', 'Content-Length': text.length, 'Cache-Control': 'no-store' }
  response.writeHead(status, headers).end(text)
}

function whyUnbound(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `GATEWAY_PORT ${port} is in use on ${host}: stop what listens there, or set GATEWAY_PORT to a free port (0 picks one).`
  }
  if (error.code === 'EACCES') return `GATEWAY_PORT ${port} may not be bound on ${host}: choose one above 1023.`
  return `GATEWAY_PORT ${port} cannot be bound on GATEWAY_HOST ${host}: ${error.code ?? error.message}.`
}
