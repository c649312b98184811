import { limits } from '@gatehouse/protocol'
import { Decoder, Encoder } from '@msgpack/msgpack'
import { BinaryCodec, type BinaryDecoded } from '../../realtime/ports/binary-codec.js'
import { faultInMsgpack } from './fault-in-msgpack.js'

/** MessagePack without extension types. Bytes from clients are checked before the library decodes them. */
export class MsgpackCodec extends BinaryCodec {
  readonly #encoder = new Encoder({ ignoreUndefined: true })
  readonly #decoder = new Decoder()

  override encode(value: unknown): Uint8Array {
    return this.#encoder.encode(value)
  }

  override decode(bytes: Buffer): BinaryDecoded {
    const fault = faultInMsgpack(bytes)
    if (fault === undefined) return { value: this.#decoder.decode(bytes) }
    const id = leadingId(bytes)
    return id === undefined ? { fault } : { fault, id }
  }
}

/** The id of a frame that must not be decoded, if it comes first, where clients put it. */
function leadingId(bytes: Buffer): number | undefined {
  const map = bytes[0] ?? 0
  const at = map === 0xde ? 3 : map === 0xdf ? 5 : map >> 4 === 0x8 ? 1 : 0
  if (at === 0 || bytes.toString('latin1', at, at + 3) !== '\xa2id') return undefined
  const id = wholeNumber(bytes, at + 3)
  return id !== undefined && id >= 1 && id <= limits.requestId ? id : undefined
}

function wholeNumber(bytes: Buffer, at: number): number | undefined {
  const head = bytes[at] ?? 0xc1
  if (head < 0x80) return head
  const length = head >= 0xcc && head <= 0xce ? 1 << (head - 0xcc) : 0
  return length === 0 || at + length >= bytes.length ? undefined : bytes.readUIntBE(at + 1, length)
}
