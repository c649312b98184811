/**
 * Frames on their way to one or many connections, encoded once. A room's messages of one loop turn travel as one
 * parcel that all its members share.
 */
export interface Parcel {
  /** Complete unmasked WebSocket text frames, joined: what goes on a plain socket in one write. */
  readonly wire: Buffer
  /** The same frames' payloads, for sockets that cannot take `wire` (compression, missing internals). */
  readonly payloads: readonly Buffer[]
  /** How many deliveries it carries: one per message; replies and other pushes are none. */
  readonly deliveries: number
  /** The room and its first and last offset, when it carries messages. */
  readonly stream: { readonly room: string; readonly epoch: string; readonly from: number; readonly to: number } | null
}

/** One text payload as a server's WebSocket frame (RFC 6455 section 5.2): FIN, opcode 1, no mask. */
export function frameText(payload: Buffer): Buffer {
  const length = payload.length
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = 0x81
  if (head === 2) frame[1] = length
  else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(Math.floor(length / 0x1_0000_0000), 2)
    frame.writeUInt32BE(length >>> 0, 6)
  }
  payload.copy(frame, head)
  return frame
}
