import { connect, type Socket } from 'node:net'
import { patiently } from '../../../e2e/src/support/patience.ts'
import { openingRequest } from '../../../e2e/src/support/raw-client.ts'
import { clientFrame } from './client-frame.ts'
import type { Target } from './commands.ts'
import { dialects, requestFrame, type DialectName } from './dialect.ts'
import { FrameReader, type FrameEvents } from './frame-reader.ts'

/** One buffer for all sockets: every chunk is processed before the next read, so none needs its own memory. */
const shared = Buffer.allocUnsafe(65_536)
const TEXT = 0x81
const PONG = 0x8a
const CLOSE = 0x88
const TEXT_PONG = clientFrame(TEXT, Buffer.from('3'))

/** A WebSocket client on a bare TCP socket, so that one process can hold thousands that get many messages a second. */
export class LoadClient {
  readonly reader: FrameReader
  readonly #events: FrameEvents
  readonly #socket: Socket
  readonly #dialect: DialectName
  #head = ''
  #isOpen = false
  #onOpen: () => void = () => {}
  #onFailure: (error: Error) => void = () => {}
  #closeCode: number | undefined

  private constructor({ url, dialect }: Target, token: string | undefined) {
    const { hostname, port, pathname, search, host } = new URL(url)
    this.#dialect = dialect
    this.#events = {
      needsWhole: true,
      onPing: (payload) => this.#socket.write(clientFrame(PONG, payload)),
      onTextPing: () => this.#socket.write(TEXT_PONG),
      onClose: (code) => (this.#closeCode = code),
    }
    this.reader = new FrameReader(this.#events)
    const callback = (length: number, bytes: Uint8Array): boolean => this.#read(bytes as Buffer, length)
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread: { buffer: shared, callback } })
    this.#socket.on('error', (error) => this.#onFailure(error))
    this.#socket.on('close', () => this.#onFailure(new Error(`closed with ${this.#closeCode ?? 'no close frame'}`)))
    this.#socket.write(openingRequest(host, pathname + search, token))
  }

  /** Resolves when the server has sent its welcome. Tries again while a node sheds load. */
  static open(target: Target, token?: string): Promise<LoadClient> {
    return patiently(() => LoadClient.#openOnce(target, token))
  }

  static async #openOnce(target: Target, token?: string): Promise<LoadClient> {
    const client = new LoadClient(target, token)
    const { welcome } = dialects[target.dialect]
    await client.#settled<void>((resolve) => {
      let heard = 0
      client.#onOpen = () => {
        client.#isOpen = true
        if (welcome.length === 0) resolve()
      }
      client.#events.onText = (bytes, start, length) => {
        const expected = welcome[heard]
        if (expected === undefined || !bytes.toString('utf8', start, start + length).startsWith(expected.begins)) return
        heard += 1
        if (expected.answer !== undefined) client.write(clientFrame(TEXT, Buffer.from(expected.answer)))
        if (heard === welcome.length) resolve()
      }
    })
    return client
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Sends a request and returns its reply, be it a result or an error. */
  async ask(id: number, event: string, data: object): Promise<string> {
    this.#events.needsWhole = true
    return this.#settled<string>((resolve) => {
      this.#events.onText = (bytes, start, length) => {
        const text = bytes.toString('utf8', start, start + length)
        if (dialects[this.#dialect].isReply(text, id)) resolve(text)
      }
      this.write(requestFrame(this.#dialect, event, data, id))
    })
  }

  /** From now on frames are only counted; `onText` sees those that come in one piece, or with `each` every one. */
  countOnly(onText?: FrameEvents['onText'], { each = false } = {}): void {
    this.#events.needsWhole = each
    this.#events.onText = onText
    this.#onFailure = () => {}
  }

  /** Stops reading: the TCP windows fill, and what the server writes stays queued there. */
  stopReading(): void {
    this.#socket.pause()
  }

  /** Resets the connection without a close frame. */
  cut(): void {
    this.#onFailure = () => {}
    this.#socket.resetAndDestroy()
  }

  /** Sends a close frame and ends the stream; resolves when the socket is closed. */
  async close(): Promise<void> {
    if (this.#socket.destroyed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#socket.once('close', () => resolve())
    const code = Buffer.from([1000 >> 8, 1000 & 0xff])
    this.#socket.end(clientFrame(CLOSE, code))
    const impatient = setTimeout(() => this.#socket.destroy(), 2000)
    await promise
    clearTimeout(impatient)
  }

  async #settled<T>(begin: (resolve: (value: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#onFailure = reject
    begin(resolve)
    const value = await promise
    this.#onFailure = () => {}
    this.#events.onText = undefined
    return value
  }

  #read(bytes: Buffer, length: number): boolean {
    if (this.#isOpen) {
      this.reader.read(bytes, length)
      return true
    }
    this.#head += bytes.toString('latin1', 0, length)
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return true
    if (!this.#head.startsWith('HTTP/1.1 101')) {
      this.#onFailure(new Error(`the opening was answered with: ${this.#head.slice(0, 1000)}`))
      this.#socket.destroy()
      return false
    }
    const rest = Buffer.from(this.#head.slice(end + 4), 'latin1')
    this.#head = ''
    this.#onOpen()
    this.reader.read(rest, rest.length)
    return true
  }
}
