import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { JSON_SUBPROTOCOL, type ConnectOk, type ReplyError } from '@gatehouse/protocol'
import { patiently } from './patience.ts'

/** Any frame the server sent, as far as tests look into it. */
export interface Frame {
  readonly id?: number
  readonly ok?: unknown
  readonly error?: ReplyError
  readonly event?: string
  readonly [field: string]: unknown
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** Why an opening was answered with something other than 101. */
export class OpeningRefused extends Error {
  override readonly name = 'OpeningRefused'
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string

  constructor(status: number, headers: IncomingMessage['headers'], body: string) {
    super(`the opening was answered with ${status}: ${body.slice(0, 200)}`)
    this.status = status
    this.headers = headers
    this.body = body
  }
}

type Matcher = (frame: Frame) => boolean

/** A client on the plain `ws` library: it queues what arrives, and waits a limited time for what should arrive. */
export class WsClient {
  readonly socket: WebSocket
  /** From the header of the 101, or from what connect answered. */
  connection = ''
  readonly #queue: Frame[] = []
  readonly #waiting = new Set<() => void>()
  #closed: Closed | undefined
  #lastId = 0

  private constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, [JSON_SUBPROTOCOL], { headers, perMessageDeflate: false })
    this.socket.on('upgrade', (response) => (this.connection = String(response.headers['gatehouse-connection'] ?? '')))
    this.socket.on('message', (data) => {
      this.#queue.push(JSON.parse((data as Buffer).toString()) as Frame)
      this.#wake()
    })
    this.socket.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() }
      this.#wake()
    })
    this.socket.on('error', () => {})
  }

  /** Opens without a token; rejects with `OpeningRefused` on any answer but 101, and tries a lagging node again. */
  static open(url: string, headers: Record<string, string> = {}): Promise<WsClient> {
    return patiently(() => WsClient.#openOnce(url, headers))
  }

  static async #openOnce(url: string, headers: Record<string, string>): Promise<WsClient> {
    const client = new WsClient(url, headers)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    client.socket.once('open', resolve)
    client.socket.once('error', reject)
    client.socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        reject(new OpeningRefused(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())),
      )
    })
    await promise
    return client
  }

  /** Opens and sends the token in the first frame. */
  static async connect(url: string, token: string, facts: object = {}): Promise<WsClient> {
    const client = await WsClient.open(url)
    const { connection } = await client.ask<ConnectOk>('connect', { token, ...facts })
    client.connection = connection
    return client
  }

  get closed(): Closed | undefined {
    return this.#closed
  }

  send(frame: object | string): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** Sends a request and returns its `ok`; rejects with the code of an error. */
  async ask<T>(event: string, data: object, options: { withinMs?: number } = {}): Promise<T> {
    const reply = await this.reply(event, data, options)
    if (reply.error !== undefined) throw new Error(`${event}: ${reply.error.code}: ${reply.error.message}`)
    return reply.ok as T
  }

  /** Sends a request and returns its reply, whichever it is. */
  reply(event: string, data: object, options: { withinMs?: number } = {}): Promise<Frame> {
    const id = (this.#lastId += 1)
    this.send({ id, event, data })
    return this.next((frame) => frame.id === id, options)
  }

  /** Takes the first matching frame out of the queue, and waits for it if it is not there yet. */
  async next(matcher: Matcher | string, { withinMs = 5000 }: { withinMs?: number } = {}): Promise<Frame> {
    const fits: Matcher = typeof matcher === 'string' ? (frame) => frame.event === matcher : matcher
    const deadline = Date.now() + withinMs
    for (;;) {
      const at = this.#queue.findIndex(fits)
      if (at >= 0) return this.#queue.splice(at, 1)[0] as Frame
      if (this.#closed !== undefined)
        throw new Error(`closed with ${this.#closed.code} ${this.#closed.reason} before the frame`)
      await this.#changed(deadline, () => `no such frame within ${withinMs} ms; ${this.#queue.length} others came`)
    }
  }

  /** The matching frames of all that the server sent before it answered a ping now. Shows absence without a wait. */
  async seen(matcher: Matcher | string): Promise<Frame[]> {
    await this.ask('ping', {})
    const fits: Matcher = typeof matcher === 'string' ? (frame) => frame.event === matcher : matcher
    return this.#queue.filter(fits)
  }

  async whenClosed({ withinMs = 5000 }: { withinMs?: number } = {}): Promise<Closed> {
    const deadline = Date.now() + withinMs
    while (this.#closed === undefined) await this.#changed(deadline, () => `not closed within ${withinMs} ms`)
    return this.#closed
  }

  async close(code = 1000): Promise<void> {
    if (this.#closed !== undefined) return
    this.socket.close(code)
    await this.whenClosed()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  #changed(deadline: number, why: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(wake)
        reject(new Error(why()))
      }, deadline - Date.now())
      const wake = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
    })
  }
}
