import { decodeFrameValue, type Decoded, type Push, type ReplyError } from '@gatehouse/protocol'
import { Encoding } from './encoding.js'
import { messageValue, valueOf, withGivenBytes } from './json-values.js'
import type { ParcelStream } from '../ports/parcel.js'
import type { BinaryCodec } from '../ports/binary-codec.js'
import { ReplyBody } from '../replies/reply-body.js'
import type { RoomLedger } from '../books/room-ledger.js'
import { SharedParcel } from './shared-parcel.js'
import { BINARY_HEAD, frameBytes, writeHead } from './wire.js'

/** MessagePack in binary messages: the same frames as in JSON, but payloads of bytes as they are. */
export class MsgpackEncoding extends Encoding {
  override readonly name = 'msgpack'
  override readonly isBinary = true

  constructor(private readonly codec: BinaryCodec) {
    super()
  }

  override read(bytes: Buffer): Decoded {
    const { value, fault, id } = this.codec.decode(bytes)
    if (fault === undefined) return decodeFrameValue(value)
    return { fault: { code: 'bad_request', message: fault, ...(id === undefined ? {} : { id }) } }
  }

  override push(push: Push, atMs: number): SharedParcel {
    return this.#single(plain(push), atMs)
  }

  override direct(text: string, atMs: number): SharedParcel {
    return this.#single(messageValue(text), atMs, 1)
  }

  override reply(id: number, ok: unknown, atMs: number): SharedParcel {
    return this.#single({ id, ok: ok instanceof ReplyBody ? ok.toValue() : plain(ok) }, atMs)
  }

  override replyOffset(id: number, offset: number, atMs: number): SharedParcel {
    return this.#single({ id, ok: { offset } }, atMs)
  }

  override replyError(id: number, error: ReplyError, atMs: number): SharedParcel {
    return this.#single({ id, error: plain(error) }, atMs)
  }

  override stream(texts: readonly string[], stream: ParcelStream, ledger: RoomLedger, atMs: number): SharedParcel {
    const payloads = texts.map((text) => this.codec.encode(messageValue(text)))
    return new SharedParcel(joined(payloads), texts.length, stream, ledger, atMs)
  }

  #single(frame: unknown, atMs: number, deliveries = 0): SharedParcel {
    return new SharedParcel(joined([this.codec.encode(frame)]), deliveries, null, null, atMs)
  }
}

/** A value as JSON would give it: without undefined fields, and with all text valid Unicode. */
function plain(value: unknown): unknown {
  return withGivenBytes(valueOf(JSON.stringify(value)))
}

function joined(payloads: readonly Uint8Array[]): Buffer {
  const size = payloads.reduce((sum, { length }) => sum + frameBytes(length), 0)
  const wire = Buffer.allocUnsafe(size)
  let at = 0
  for (const payload of payloads) {
    const from = writeHead(wire, at, BINARY_HEAD, payload.length)
    wire.set(payload, from)
    at = from + payload.length
  }
  return wire
}
