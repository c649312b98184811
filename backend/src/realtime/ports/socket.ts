import type { Parcel } from './parcel.js'

/** One client's socket as the core sees it. Implemented over `ws` by the gateway and by a fake in tests. */
export abstract class Socket {
  /** Whether writes still go anywhere. */
  abstract readonly isOpen: boolean
  /** Bytes handed to `write` whose callback has not come, plus what lies in the socket's own buffer beyond them. */
  abstract readonly bufferedBytes: number
  /**
   * Writes the parcel's frames in order. Returns whether the operating system took all of it at once. Otherwise `done`
   * is called exactly once, and never before `write` returns: without an error when all of it was handed to the
   * operating system, with one when it was not or the socket closed first.
   */
  abstract write(parcel: Parcel, done: (error?: Error) => void): boolean
  /** Sends a WebSocket ping in order with the writes before it. */
  abstract ping(): void
  /** Sends a close frame in order with the writes before it; `text` is at most 123 bytes. */
  abstract close(code: number, text: string): void
  /** Cuts the connection at once. */
  abstract terminate(): void
  /** Stops and resumes reading. */
  abstract pause(): void
  abstract resume(): void
}
