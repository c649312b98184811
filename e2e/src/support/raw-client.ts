import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { patiently } from './patience.ts'

/**
 * A WebSocket made of a bare TCP socket, for what no library does: ending in the middle of a frame, not reading,
 * breaking the protocol.
 */
export class RawClient {
  readonly socket: Socket
  readonly connection: string

  private constructor(socket: Socket, connection: string) {
    this.socket = socket
    this.connection = connection
  }

  /** Opens with the token in the header and leaves what arrives unread in `socket`. */
  static open(url: string, token?: string): Promise<RawClient> {
    return patiently(() => RawClient.#openOnce(url, token))
  }

  static async #openOnce(url: string, token?: string): Promise<RawClient> {
    const { hostname, port, pathname, host } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(openingRequest(host, pathname, token))
    let head = ''
    while (!head.includes('\r\n\r\n')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer]
      head += chunk.toString('latin1')
    }
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(`the opening was answered with ${head.slice(9)}`)
    return new RawClient(socket, /gatehouse-connection: (\S+)/i.exec(head)?.[1] ?? '')
  }

  sendText(frame: object | string): void {
    this.socket.write(textFrame(typeof frame === 'string' ? frame : JSON.stringify(frame)))
  }

  /** Sends only the first half of a frame. */
  sendHalf(frame: object): void {
    const bytes = textFrame(JSON.stringify(frame))
    this.socket.write(bytes.subarray(0, bytes.length >> 1))
  }

  /** Stops reading: what the server writes piles up in the buffers in between, and then in the server. */
  freeze(): void {
    this.socket.pause()
  }

  thaw(): void {
    this.socket.resume()
  }

  /** Ends with a TCP reset. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** Ends with a TCP FIN and no close frame. */
  end(): void {
    this.socket.resume()
    this.socket.end()
  }
}

/** The bytes of an opening request; the key may be fixed because it is not a secret. */
export function openingRequest(host: string, path: string, token?: string): string {
  const credentials = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n` +
    `Sec-WebSocket-Protocol: gatehouse.v1.json\r\n${credentials}\r\n`
  )
}

/** One masked text frame. The mask is zero: it leaves the bytes as they are, which any server must accept. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const isShort = payload.length < 126
  const head = Buffer.alloc(isShort ? 6 : 8)
  head[0] = 0x81
  head[1] = 0x80 | (isShort ? payload.length : 126)
  if (!isShort) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}
