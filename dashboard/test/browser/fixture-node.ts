import { readFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { extname, join, resolve } from 'node:path'
import { WebSocketServer, type WebSocket } from 'ws'
import { answers } from './fixture-answers.ts'
import { closedTick, connectionTick, connectionsTick, statsTick } from './fixture-data.ts'
import { roomTick } from './fixture-rooms.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** The policy that the control port sends with every page. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html"

/** A stand-in for the control port with invented data, for looking at pages and for browser tests. */
export class FixtureNode {
  /** Requests other than GET, in order: method, path, body. */
  readonly mutations: { method: string; path: string; body: unknown; headers: Record<string, unknown> }[] = []
  readonly #server: Server
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly #viewers = new Map<WebSocket, Set<string>>()
  readonly #timer: NodeJS.Timeout
  /** Holds the live stream back, so that the page grows stale. */
  isSilent = false

  readonly #dist: string

  constructor(dist = resolve(import.meta.dirname, '../../dist')) {
    this.#dist = dist
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://node')
        if (!url.pathname.startsWith('/v1/')) return this.#sendFile(url.pathname, response)
        const body: unknown = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
        const method = request.method ?? 'GET'
        if (method !== 'GET') this.mutations.push({ method, path: url.pathname, body, headers: request.headers })
        const { status, value } = answers(method, url, body)
        const type = status >= 400 ? 'application/problem+json' : 'application/json'
        response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(value))
      })
    })
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (viewer) => this.#greet(viewer))
    })
    this.#timer = setInterval(() => this.#tick(), 1000)
  }

  /** Listens on a free port of the loopback, or on the one given; answers the address. */
  listen(port = 0): Promise<string> {
    return new Promise((done) => {
      this.#server.listen(port, '127.0.0.1', () => {
        const address = this.#server.address()
        done(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`)
      })
    })
  }

  close(): void {
    clearInterval(this.#timer)
    for (const viewer of this.#viewers.keys()) viewer.terminate()
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #greet(viewer: WebSocket): void {
    this.#viewers.set(viewer, new Set())
    viewer.send(
      JSON.stringify({
        event: 'connected',
        serverTime: Date.now(),
        connection: 'live',
        session: 's',
        node: 'node-1',
        pingMs: 25_000,
      }),
    )
    viewer.on('close', () => this.#viewers.delete(viewer))
    viewer.on('message', (raw: Buffer) => {
      const frame = JSON.parse(raw.toString()) as {
        id?: number
        event: string
        data: { room?: string; rooms?: { room: string }[] }
      }
      const rooms = frame.data.rooms?.map((entry) => entry.room) ?? [frame.data.room ?? '']
      for (const room of rooms) {
        if (frame.event === 'join') this.#viewers.get(viewer)?.add(room)
        else this.#viewers.get(viewer)?.delete(room)
      }
      if (frame.id === undefined) return
      const joined = { room: {}, epoch: 'fixture', offset: 0 }
      const results = rooms.map((room) => ({ room, ok: joined }))
      viewer.send(JSON.stringify({ id: frame.id, ok: frame.data.rooms ? { results } : joined }))
    })
  }

  #tick(): void {
    if (this.isSilent) return
    const now = Date.now()
    for (const [viewer, rooms] of this.#viewers) {
      for (const room of rooms) {
        const data = this.#tickOf(room, now)
        if (data) viewer.send(JSON.stringify({ event: 'message', room, offset: now, data }))
      }
    }
  }

  #tickOf(room: string, now: number): unknown {
    if (room === 'sys:stats') return statsTick(now)
    if (room === 'sys:connections') return connectionsTick(now)
    if (room === 'sys:connection:gone') return closedTick(now)
    if (room.startsWith('sys:room:')) return roomTick(now, room.slice('sys:room:'.length))
    return room.startsWith('sys:connection:') ? connectionTick(now, room.slice('sys:connection:'.length)) : null
  }

  #sendFile(path: string, response: ServerResponse): void {
    const name = extname(path) === '' ? 'index.html' : path.slice(1)
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY)
    try {
      const bytes = readFileSync(join(this.#dist, name))
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream' }).end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  const node = new FixtureNode()
  console.log(await node.listen(Number(process.argv[2] ?? 0)))
}
