import type { Push, ReplyError } from '@gatehouse/protocol'
import { ReplyBody } from './reply-body.js'
import type { RoomLedger } from './room-ledger.js'
import { SharedParcel } from './shared-parcel.js'

/** One frame of text as a parcel of its own. */
export function textParcel(text: string, atMs: number, deliveries = 0): SharedParcel {
  const length = Buffer.byteLength(text)
  const wire = Buffer.allocUnsafe(headBytes(length) + length)
  writeFrame(wire, 0, text, length)
  return new SharedParcel(wire, deliveries, null, null, atMs)
}

export function pushParcel(push: Push, atMs: number): SharedParcel {
  return textParcel(JSON.stringify(push), atMs)
}

/** A message to connections, not to a room: one delivery for each, that no room's policy may drop. */
export function directParcel(data: string, service: string, atMs: number): SharedParcel {
  const text = `{"event":"message","data":${data},"from":${JSON.stringify({ service })}}`
  return textParcel(text, atMs, 1)
}

export function replyText(id: number, ok: unknown): string {
  return `{"id":${id},"ok":${ok instanceof ReplyBody ? ok.toText() : JSON.stringify(ok)}}`
}

export function errorText(id: number, error: ReplyError): string {
  return `{"id":${id},"error":${JSON.stringify(error)}}`
}

/** All frames of `texts`, joined: the messages `from`..`to` of one room and epoch. */
export function streamParcel(
  texts: readonly string[],
  stream: { readonly room: string; readonly epoch: string; readonly from: number; readonly to: number },
  ledger: RoomLedger,
  atMs: number,
): SharedParcel {
  let size = 0
  for (const text of texts) {
    const length = Buffer.byteLength(text)
    size += headBytes(length) + length
  }
  const wire = Buffer.allocUnsafe(size)
  let at = 0
  for (const text of texts) at = writeFrame(wire, at, text, Buffer.byteLength(text))
  return new SharedParcel(wire, texts.length, stream, ledger, atMs)
}

function headBytes(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10
}

/** Writes one unmasked text frame (RFC 6455 section 5.2) and answers where the next begins. */
function writeFrame(wire: Buffer, at: number, text: string, length: number): number {
  wire[at] = 0x81
  if (length < 126) {
    wire[at + 1] = length
    at += 2
  } else if (length < 65_536) {
    wire[at + 1] = 126
    wire.writeUInt16BE(length, at + 2)
    at += 4
  } else {
    wire[at + 1] = 127
    wire.writeBigUInt64BE(BigInt(length), at + 2)
    at += 10
  }
  return at + wire.write(text, at, length, 'utf8')
}
