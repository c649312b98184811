import { JSON_SUBPROTOCOL } from '@gatehouse/protocol'

/**
 * Another encoding of the same frames, such as MessagePack with `gatehouse.v1.msgpack`. It is offered beside JSON and
 * used where the server selects it.
 */
export interface Codec {
  readonly subprotocol: string
  encode(frame: unknown): Uint8Array
  decode(bytes: Uint8Array): unknown
}

/** What the client offers when it opens. */
export function subprotocols(codec: Codec | undefined): string[] {
  return codec === undefined ? [JSON_SUBPROTOCOL] : [codec.subprotocol, JSON_SUBPROTOCOL]
}

/** One frame as the socket takes it; text unless the server selected the codec. */
export function encoded(frame: unknown, codec: Codec | undefined, selected: string | undefined): WireData {
  const isSelected = codec !== undefined && selected === codec.subprotocol
  return isSelected ? (codec.encode(frame) as Uint8Array<ArrayBuffer>) : JSON.stringify(inText(frame))
}

/** In text frames, a publish of bytes carries them as base64. */
function inText(frame: unknown): unknown {
  const { event, data } = frame as { readonly event?: unknown; readonly data?: { readonly data?: unknown } }
  if (event !== 'publish' || !(data?.data instanceof Uint8Array)) return frame
  return { ...(frame as object), data: spelled(data) }
}

/** The same fields, with `data64` in place of `data` if that is bytes. */
export function spelled({ data, ...rest }: { readonly data?: unknown }): object {
  if (!(data instanceof Uint8Array)) return { ...rest, data }
  return { ...rest, data64: btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join('')) }
}

export type WireData = string | Uint8Array<ArrayBuffer>

/** Reads what arrived, whichever encoding it has; throws on anything else. */
export function decoded(data: unknown, codec: Codec | undefined): unknown {
  if (typeof data === 'string') return JSON.parse(data)
  if (codec === undefined || !(data instanceof ArrayBuffer))
    throw new TypeError('a frame in an encoding that the client did not offer')
  return codec.decode(new Uint8Array(data))
}

/** Puts a payload of bytes into `data`, even if its frame carried it as base64. */
export function withBytes<F extends { readonly data?: unknown; readonly data64?: string }>(frame: F): F {
  const { data64, ...rest } = frame
  if (typeof data64 !== 'string') return frame
  return { ...rest, data: Uint8Array.from(atob(data64), (c) => c.charCodeAt(0)) } as unknown as F
}
