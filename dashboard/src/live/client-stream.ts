import { connect, type ConnectOptions, type Connection } from '@gatehouse/client'
import type { RoomStream, StreamStatus } from './room-stream.js'

/**
 * The live hub over the project's own client, which reconnects and rejoins by itself. The session's cookie goes with the
 * opening request, so there is no token here.
 */
export class ClientStream implements RoomStream {
  onStatus: (status: StreamStatus) => void = () => {}
  onClock: (offsetMs: number) => void = () => {}
  readonly #rooms = new Map<string, Set<(data: unknown) => void>>()
  #connection: Connection | null = null

  /** `options` replace the browser's WebSocket and clock in tests. */
  constructor(
    private readonly url: string,
    private readonly options: Partial<ConnectOptions> = {},
  ) {}

  join(room: string, onData: (data: unknown) => void): () => void {
    const listeners = this.#rooms.get(room)
    if (listeners) listeners.add(onData)
    else {
      this.#rooms.set(room, new Set([onData]))
      if (this.#connection?.state === 'open') this.#enter(this.#connection, room)
    }
    return () => this.#leave(room, onData)
  }

  start(): void {
    if (this.#connection) return
    const connection = connect({ url: this.url, ...this.options })
    this.#connection = connection
    this.onStatus('connecting')
    connection.on('open', ({ serverTime }) => {
      this.onClock(serverTime - Date.now())
      this.onStatus('open')
      const joined = new Set(connection.rooms)
      for (const room of this.#rooms.keys()) if (!joined.has(room)) this.#enter(connection, room)
    })
    connection.on('disconnect', ({ reconnectInMs }) => this.onStatus(reconnectInMs === undefined ? 'ended' : 'waiting'))
    connection.on('refused', ({ reconnectInMs }) => this.onStatus(reconnectInMs === undefined ? 'ended' : 'waiting'))
  }

  stop(): void {
    this.#connection?.close()
    this.#connection = null
  }

  reconnect(): void {
    if (this.#connection) {
      this.onStatus('connecting')
      // A person asked for it, perhaps after signing in again.
      this.#connection.reconnect({ force: true })
    } else this.start()
  }

  /** A refused join needs no handling: its room stays silent, and a silent room shows as stale. */
  #enter(connection: Connection, room: string): void {
    const onMessage = ({ data }: { readonly data?: unknown }): void => {
      for (const listener of this.#rooms.get(room) ?? []) listener(data)
    }
    connection.join(room, { onMessage }).catch(() => undefined)
  }

  #leave(room: string, onData: (data: unknown) => void): void {
    const listeners = this.#rooms.get(room)
    listeners?.delete(onData)
    if (listeners?.size !== 0) return
    this.#rooms.delete(room)
    this.#connection?.leave(room).catch(() => undefined)
  }
}
