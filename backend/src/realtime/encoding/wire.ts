/** First byte of a whole text or binary frame (RFC 6455 section 5.2). */
export const TEXT_HEAD = 0x81
export const BINARY_HEAD = 0x82

/** Bytes of an unmasked frame whose payload has `length`. */
export function frameBytes(length: number): number {
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10)
}

/** Writes the head of an unmasked frame and answers where its payload begins. */
export function writeHead(wire: Buffer, at: number, head: number, length: number): number {
  wire[at] = head
  if (length < 126) {
    wire[at + 1] = length
    return at + 2
  }
  if (length < 65_536) {
    wire[at + 1] = 126
    wire.writeUInt16BE(length, at + 2)
    return at + 4
  }
  wire[at + 1] = 127
  wire.writeBigUInt64BE(BigInt(length), at + 2)
  return at + 10
}
