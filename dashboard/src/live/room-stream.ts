/** How a stream of rooms stands. `ended`: the server will not have it back, so the session must be looked at. */
export type StreamStatus = 'connecting' | 'open' | 'waiting' | 'ended'

/** The little that the dashboard needs of a connection to the live hub. */
export interface RoomStream {
  /** Joins a room, also after each reconnect, until the returned function is called. */
  join(room: string, onData: (data: unknown) => void): () => void
  /** Opens the stream and keeps it open. */
  start(): void
  stop(): void
  /** Tries again at once instead of waiting. */
  reconnect(): void
  onStatus: (status: StreamStatus) => void
  /** The server's clock minus ours, in ms, as of the last opening. */
  onClock: (offsetMs: number) => void
}
