import { randomBytes } from 'node:crypto'
import { connect as connectPlain } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { decode, encode } from '@msgpack/msgpack'

export interface RawFrame {
  readonly opcode: number
  readonly payload: Buffer
}

export interface RawResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface UpgradeOptions {
  readonly path?: string
  readonly method?: string
  /** Headers besides Host; undefined leaves out one of the standard ones. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Whole header lines, for what an object cannot express (repeated or odd names). */
  readonly lines?: readonly string[]
}

const DEADLINE_MS = 8_000

export interface FrameOptions {
  readonly fin?: boolean
  /** RSV1-3 as the three bits of the first byte, 0x40, 0x20, 0x10. */
  readonly rsv?: number
  readonly isMasked?: boolean
  /** Length written in the header instead of the payload's own. */
  readonly length?: bigint
}

/** One frame as a client sends it. */
export function clientFrame(opcode: number, payload: Buffer | string = '', options: FrameOptions = {}): Buffer {
  const body = Buffer.from(payload)
  const length = options.length ?? BigInt(body.length)
  const maskBit = options.isMasked === false ? 0 : 0x80
  const head =
    length < 126n
      ? Buffer.from([0, Number(length) | maskBit])
      : length < 65_536n
        ? Buffer.from([0, 126 | maskBit, 0, 0])
        : Buffer.from([0, 127 | maskBit, 0, 0, 0, 0, 0, 0, 0, 0])
  if (head.length === 4) head.writeUInt16BE(Number(length), 2)
  if (head.length === 10) head.writeBigUInt64BE(length, 2)
  head[0] = ((options.fin ?? true) ? 0x80 : 0) | (options.rsv ?? 0) | opcode
  if (maskBit === 0) return Buffer.concat([head, body])
  const mask = randomBytes(4)
  return Buffer.concat([head, mask, body.map((byte, at) => byte ^ (mask[at % 4] ?? 0))])
}

/** A client that sends and reads raw bytes: what ws itself would never send or would hide. */
export class RawClient {
  #received = Buffer.alloc(0)
  #wake: (() => void) | null = null
  isEnded = false
  error: Error | undefined

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake?.()
    })
    socket.on('error', (error) => (this.error = error))
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        this.isEnded = true
        this.#wake?.()
      })
    }
  }

  static async connect(port: number, isSecure = false): Promise<RawClient> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const target = { port, host: '127.0.0.1', rejectUnauthorized: false }
    const socket = isSecure ? connectSecure(target, resolve) : connectPlain(target, resolve)
    socket.once('error', reject)
    await promise
    return new RawClient(socket)
  }

  /** Opens and upgrades; rejects when the answer is not a 101. */
  static async open(port: number, options: UpgradeOptions = {}, isSecure = false): Promise<RawClient> {
    const client = await RawClient.connect(port, isSecure)
    client.requestUpgrade(options)
    const response = await client.response()
    if (response.status !== 101) throw new Error(`refused with ${response.status} ${response.body}`)
    client.upgradeHeaders = response.headers
    return client
  }

  upgradeHeaders: ReadonlyMap<string, string> = new Map()

  requestUpgrade(options: UpgradeOptions = {}): void {
    const headers: Record<string, string | undefined> = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...options.headers,
    }
    const lines = [`${options.method ?? 'GET'} ${options.path ?? '/ws'} HTTP/1.1`, 'Host: 127.0.0.1']
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) lines.push(`${name}: ${value}`)
    this.socket.write([...lines, ...(options.lines ?? []), '', ''].join('\r\n'))
  }

  send(...chunks: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(chunks))
  }

  sendText(value: unknown): void {
    this.send(clientFrame(1, typeof value === 'string' ? value : JSON.stringify(value)))
  }

  /** One frame on a connection that speaks MessagePack. */
  sendPacked(value: unknown): void {
    this.send(clientFrame(2, Buffer.from(encode(value))))
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** The response at the front of what arrived; a 101 ends with its headers, others with Content-Length. */
  async response(): Promise<RawResponse> {
    let end = -1
    while ((end = this.#received.indexOf('\r\n\r\n')) === -1) await this.#more('a response')
    const [first = '', ...lines] = this.#received.subarray(0, end).toString('latin1').split('\r\n')
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const status = Number(first.split(' ')[1])
    const length = status === 101 ? 0 : Number(headers.get('content-length') ?? 0)
    this.#received = this.#received.subarray(end + 4)
    while (this.#received.length < length) await this.#more('a response body')
    const body = this.#received.subarray(0, length).toString()
    this.#received = this.#received.subarray(length)
    return { status, headers, body }
  }

  async frame(): Promise<RawFrame> {
    const bytes = async (count: number): Promise<void> => {
      while (this.#received.length < count) await this.#more('a frame')
    }
    await bytes(2)
    let offset = 2
    let length = (this.#received[1] ?? 0) & 0x7f
    if (length === 126) {
      await bytes((offset = 4))
      length = this.#received.readUInt16BE(2)
    } else if (length === 127) {
      await bytes((offset = 10))
      length = Number(this.#received.readBigUInt64BE(2))
    }
    await bytes(offset + length)
    const frame = {
      opcode: (this.#received[0] ?? 0) & 0x0f,
      payload: Buffer.from(this.#received.subarray(offset, offset + length)),
    }
    this.#received = this.#received.subarray(offset + length)
    return frame
  }

  /** The next text frame as JSON, or binary one as MessagePack; pings on the way are skipped. */
  async json(): Promise<Record<string, unknown>> {
    for (;;) {
      const frame = await this.frame()
      if (frame.opcode === 1) return JSON.parse(frame.payload.toString()) as Record<string, unknown>
      if (frame.opcode === 2) return decode(frame.payload) as Record<string, unknown>
      if (frame.opcode === 8) throw new Error(`closed with ${closeOf(frame).code} ${closeOf(frame).text}`)
    }
  }

  /** Skips to the close frame. */
  async closeFrame(): Promise<{ code: number; text: string }> {
    for (;;) {
      const frame = await this.frame()
      if (frame.opcode === 8) return closeOf(frame)
    }
  }

  async ended(): Promise<void> {
    while (!this.isEnded) await this.#more('the end')
  }

  destroy(): void {
    this.socket.destroy()
  }

  async #more(what: string): Promise<void> {
    if (this.isEnded) throw new Error(`the connection ended while waiting for ${what}`)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${DEADLINE_MS} ms`)), DEADLINE_MS)
    this.#wake = resolve
    await promise.finally(() => clearTimeout(timer))
  }
}

function closeOf(frame: RawFrame): { code: number; text: string } {
  return {
    code: frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0),
    text: frame.payload.subarray(2).toString(),
  }
}
