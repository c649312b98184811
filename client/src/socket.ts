import type { WireData } from './codec.js'

/** The part of a WebSocket that the client uses: the browser's, Node's own and the `ws` library's all have it. */
export interface ClientSocket {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  /** The subprotocol the server selected. */
  readonly protocol?: string
  binaryType?: string
  send(data: WireData): void
  close(code?: number, reason?: string): void
}

export type ClientSocketConstructor = new (url: string, protocols: string[]) => ClientSocket

/** What a socket tells its connection; nothing more arrives after `onLost`. */
export interface SocketEvents {
  onOpen(): void
  /** Text, or an `ArrayBuffer`. */
  onFrame(data: unknown): void
  /** `text` is that of the close frame; `code` is 1006 if none came. */
  onLost(code: number, text: string): void
}

/** One socket that can be dropped at once: after `drop` it reports nothing, whatever the network still does. */
export class SocketHandle {
  readonly #socket: ClientSocket

  constructor(socket: ClientSocket, events: SocketEvents) {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => events.onOpen()
    socket.onmessage = (event: { data: unknown }) => events.onFrame(event.data)
    socket.onclose = (event: { code: number; reason: string }) => {
      this.#silence()
      events.onLost(event.code, event.reason)
    }
    socket.onerror = () => {}
  }

  get protocol(): string | undefined {
    return this.#socket.protocol
  }

  send(data: WireData): void {
    this.#socket.send(data)
  }

  drop(code: number, text: string): void {
    this.#silence()
    this.#socket.close(code, text)
  }

  #silence(): void {
    this.#socket.onopen = null
    this.#socket.onmessage = null
    this.#socket.onclose = null
    // A late error event without a listener would be thrown by the ws library.
    this.#socket.onerror = () => {}
  }
}
