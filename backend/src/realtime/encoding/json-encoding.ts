import { decodeFrame, type Decoded, type Push, type ReplyError } from '@gatehouse/protocol'
import { Encoding } from './encoding.js'
import type { ParcelStream } from '../ports/parcel.js'
import { ReplyBody } from '../replies/reply-body.js'
import type { RoomLedger } from '../books/room-ledger.js'
import { SharedParcel } from './shared-parcel.js'
import { frameBytes, TEXT_HEAD, writeHead } from './wire.js'

/** JSON in text messages. */
class JsonEncoding extends Encoding {
  override readonly name = 'json'
  override readonly isBinary = false

  override read(bytes: Buffer): Decoded {
    return decodeFrame(bytes.toString())
  }

  override push(push: Push, atMs: number): SharedParcel {
    return textParcel(JSON.stringify(push), atMs)
  }

  override direct(text: string, atMs: number): SharedParcel {
    return textParcel(text, atMs, 1)
  }

  override reply(id: number, ok: unknown, atMs: number): SharedParcel {
    return textParcel(`{"id":${id},"ok":${ok instanceof ReplyBody ? ok.toText() : JSON.stringify(ok)}}`, atMs)
  }

  override replyOffset(id: number, offset: number, atMs: number): SharedParcel {
    return asciiParcel(`{"id":${id},"ok":{"offset":${offset}}}`, atMs)
  }

  override replyError(id: number, error: ReplyError, atMs: number): SharedParcel {
    return textParcel(`{"id":${id},"error":${JSON.stringify(error)}}`, atMs)
  }

  override stream(texts: readonly string[], stream: ParcelStream, ledger: RoomLedger, atMs: number): SharedParcel {
    let size = 0
    for (const text of texts) size += frameBytes(Buffer.byteLength(text))
    const wire = Buffer.allocUnsafe(size)
    let at = 0
    for (const text of texts) at = writeText(wire, at, text, Buffer.byteLength(text))
    return new SharedParcel(wire, texts.length, stream, ledger, atMs)
  }
}

export const jsonEncoding: Encoding = new JsonEncoding()

/** One frame of text as a parcel of its own. */
export function textParcel(text: string, atMs: number, deliveries = 0): SharedParcel {
  const length = Buffer.byteLength(text)
  const wire = Buffer.allocUnsafe(frameBytes(length))
  writeText(wire, 0, text, length)
  return new SharedParcel(wire, deliveries, null, null, atMs)
}

/** A short frame of ASCII text, as a parcel of its own: for so few characters a loop is faster than a call into Node. */
function asciiParcel(text: string, atMs: number): SharedParcel {
  const { length } = text
  const wire = Buffer.allocUnsafe(frameBytes(length))
  const from = writeHead(wire, 0, TEXT_HEAD, length)
  for (let i = 0; i < length; i += 1) wire[from + i] = text.charCodeAt(i)
  return new SharedParcel(wire, 0, null, null, atMs)
}

/** Writes one text frame and answers where the next begins. */
function writeText(wire: Buffer, at: number, text: string, length: number): number {
  const from = writeHead(wire, at, TEXT_HEAD, length)
  return from + wire.write(text, from, length, 'utf8')
}
