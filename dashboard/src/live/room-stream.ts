/** The state of a stream of rooms. `ended`: the server will not take it back, so the session must be checked. */
export type StreamStatus = 'connecting' | 'open' | 'waiting' | 'ended'

/** What the dashboard needs of a connection to the live hub. */
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
