import type { Decoded, Push, ReplyError } from '@gatehouse/protocol'
import type { ParcelStream } from '../ports/parcel.js'
import type { RoomLedger } from '../books/room-ledger.js'
import type { SharedParcel } from './shared-parcel.js'

export type EncodingName = 'json' | 'msgpack'

/** How a connection's frames are written and read; its subprotocol decides when it opens. */
export abstract class Encoding {
  abstract readonly name: EncodingName
  /** Whether frames travel in binary WebSocket messages. */
  abstract readonly isBinary: boolean
  /** Reads one frame. Never throws: any bytes give a request or a documented fault. */
  abstract read(bytes: Buffer): Decoded
  abstract push(push: Push, atMs: number): SharedParcel
  /** A message to connections, not to a room: one delivery for each. `text` is its frame in JSON. */
  abstract direct(text: string, atMs: number): SharedParcel
  abstract reply(id: number, ok: unknown, atMs: number): SharedParcel
  /** The reply to a publish, by far the most frequent. */
  abstract replyOffset(id: number, offset: number, atMs: number): SharedParcel
  abstract replyError(id: number, error: ReplyError, atMs: number): SharedParcel
  /** The messages of one room and epoch, joined; `texts` are their frames in JSON. */
  abstract stream(texts: readonly string[], stream: ParcelStream, ledger: RoomLedger, atMs: number): SharedParcel
}

/** One frame for many connections: a parcel for each encoding, made when it is first needed. */
export class ParcelPerEncoding {
  readonly #parcels = new Map<Encoding, SharedParcel>()

  constructor(private readonly make: (encoding: Encoding) => SharedParcel) {}

  in(encoding: Encoding): SharedParcel {
    let parcel = this.#parcels.get(encoding)
    if (parcel === undefined) {
      parcel = this.make(encoding)
      this.#parcels.set(encoding, parcel)
    }
    return parcel
  }
}
