const EMPTY = Buffer.alloc(0)
const TEXT = 1
const CLOSE = 8
const PING = 9
/** An Engine.IO ping: a text of one character. */
const TEXT_PING = 0x32

export interface FrameEvents {
  /** A text frame that came in one piece, or with `needsWhole` any. `bytes` are valid only until the next read. */
  onText?: ((bytes: Buffer, start: number, length: number) => void) | undefined
  /** Holds frames back until they are whole, so that `onText` gets each; off when only the count matters. */
  needsWhole: boolean
  onPing(payload: Buffer): void
  /** The server sent a ping as a text, which is not counted. */
  onTextPing(): void
  onClose(code: number): void
}

/** Counts the text frames of one server. Does not decode them, so that the load stays cheaper than the server. */
export class FrameReader {
  /** Text frames whose last byte has arrived. */
  texts = 0
  readonly #events: FrameEvents
  #held: Buffer = EMPTY
  /** Payload bytes of a text frame that are still to come. */
  #missing = 0

  constructor(events: FrameEvents) {
    this.#events = events
  }

  read(chunk: Buffer, length: number): void {
    let bytes = chunk
    let end = length
    if (this.#held.length > 0) {
      bytes = Buffer.concat([this.#held, chunk.subarray(0, length)])
      end = bytes.length
      this.#held = EMPTY
    }
    let at = 0
    if (this.#missing > 0) {
      at = Math.min(this.#missing, end)
      this.#missing -= at
      if (this.#missing === 0) this.texts += 1
    }
    while (at < end) {
      const next = this.#frame(bytes, at, end)
      if (next === undefined) return
      at = next
    }
  }

  /** Where the frame at `at` ends; undefined when the rest of it is still to come. */
  #frame(bytes: Buffer, at: number, end: number): number | undefined {
    const available = end - at
    const short = available < 2 ? 0 : bytes.readUInt8(at + 1) & 0x7f
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    if (available < head) return this.#hold(bytes, at, end)
    const size =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    const opcode = bytes.readUInt8(at) & 0x0f
    if (available >= head + size) {
      this.#whole(opcode, bytes, at + head, size)
      return at + head + size
    }
    // A text of one character may be a ping, which only its payload shows.
    if (opcode !== TEXT || size === 1 || this.#events.needsWhole) return this.#hold(bytes, at, end)
    this.#missing = head + size - available
    return undefined
  }

  #whole(opcode: number, bytes: Buffer, start: number, size: number): void {
    if (opcode === TEXT && size === 1 && bytes[start] === TEXT_PING) this.#events.onTextPing()
    else if (opcode === TEXT) {
      this.texts += 1
      this.#events.onText?.(bytes, start, size)
    } else if (opcode === PING) this.#events.onPing(Buffer.from(bytes.subarray(start, start + size)))
    else if (opcode === CLOSE) this.#events.onClose(size >= 2 ? bytes.readUInt16BE(start) : 1005)
  }

  #hold(bytes: Buffer, at: number, end: number): undefined {
    this.#held = Buffer.from(bytes.subarray(at, end))
    return undefined
  }
}
