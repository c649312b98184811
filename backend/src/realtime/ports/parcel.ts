/**
 * Frames on their way to one or many connections, encoded once. A room's messages of one loop turn travel as one
 * parcel that all its members share.
 */
export interface Parcel {
  /** Complete unmasked WebSocket frames, joined: what goes on a plain socket in one write. */
  readonly wire: Buffer
  /** Whether they are binary frames; else text. */
  readonly isBinary: boolean
  /** The same frames' payloads, for sockets that cannot take `wire` (compression, missing internals). */
  readonly payloads: readonly Buffer[]
  /** How many deliveries it carries: one per message; replies and other pushes count none. */
  readonly deliveries: number
  /** Where its messages come from; null when it carries none of a room. */
  readonly stream: ParcelStream | null
}

/** The room, its first and last offset in the parcel, and how many members it goes to at most. */
export interface ParcelStream {
  readonly room: string
  readonly epoch: string
  readonly from: number
  readonly to: number
  readonly members: number
}
