import type { DropCause } from '@gatehouse/protocol'
import type { Parcel } from '../ports/parcel.js'
import type { RoomLedger } from '../books/room-ledger.js'
import { BINARY_HEAD } from './wire.js'

const NOTHING = Buffer.alloc(0)

/** Adjacent dropped deliveries, which one `gap` push will report. */
export interface Gap {
  readonly room: string
  readonly epoch: string
  readonly from: number
  to: number
  count: number
  readonly cause: DropCause
}

/** A parcel as outboxes hold it. One instance stands in the queues of all members of a room. */
export class SharedParcel implements Parcel {
  #cut: readonly Buffer[] | null = null

  constructor(
    readonly wire: Buffer,
    readonly deliveries: number,
    readonly stream: Parcel['stream'],
    readonly ledger: RoomLedger | null,
    /** When it was made, monotonic milliseconds: the age of what waits is counted from here. */
    readonly atMs: number,
    /** Set only in the place of dropped deliveries: becomes a `gap` push when its turn comes. */
    readonly gap: Gap | null = null,
  ) {}

  get isBinary(): boolean {
    return this.wire[0] === BINARY_HEAD
  }

  /** Cut out of `wire` when first asked for: most sockets never ask. */
  get payloads(): readonly Buffer[] {
    this.#cut ??= payloadsIn(this.wire)
    return this.#cut
  }
}

/** Stands in a queue where deliveries were dropped. */
export function gapMark(gap: Gap, atMs: number): SharedParcel {
  return new SharedParcel(NOTHING, 0, null, null, atMs, gap)
}

function payloadsIn(wire: Buffer): Buffer[] {
  const payloads: Buffer[] = []
  for (let at = 0; at < wire.length;) {
    const short = (wire[at + 1] ?? 0) & 0x7f
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      short < 126 ? short : short === 126 ? wire.readUInt16BE(at + 2) : Number(wire.readBigUInt64BE(at + 2))
    payloads.push(wire.subarray(at + head, at + head + length))
    at += head + length
  }
  return payloads
}
