/** An escape in JSON text; one of a lone surrogate is six characters long. */
const ESCAPE = /\\(?:ud[89a-f][0-9a-f]{2}|.)/g

/** The value of our own JSON text. Lone surrogates, which only JSON can express, become U+FFFD. */
export function valueOf(text: string): unknown {
  // JSON.stringify writes them as escapes, and nothing else beyond U+D7FF.
  const isMarked = text.includes('\\ud')
  return JSON.parse(isMarked ? text.replaceAll(ESCAPE, (it) => (it.length === 6 ? '\\ufffd' : it)) : text)
}

/** The value of a message's frame: a payload of bytes stands in `data`, as bytes. */
export function messageValue(text: string): object {
  return withBytes(valueOf(text) as Frame)
}

/** A greeting (the ok of `connect`, the push `connected`) may hold messages of the rooms it gives. */
export function withGivenBytes(value: unknown): unknown {
  const { rooms } = (value ?? {}) as { readonly rooms?: unknown }
  if (!Array.isArray(rooms)) return value
  return { ...(value as object), rooms: (rooms as readonly GivenRoom[]).map(roomWithBytes) }
}

interface Frame {
  readonly data64?: string
}

interface GivenRoom {
  readonly messages?: readonly Frame[]
}

function roomWithBytes(room: GivenRoom): GivenRoom {
  return room.messages === undefined ? room : { ...room, messages: room.messages.map(withBytes) }
}

function withBytes(frame: Frame): object {
  if (frame.data64 === undefined) return frame
  const { data64, ...rest } = frame
  return { ...rest, data: Buffer.from(data64, 'base64') }
}
