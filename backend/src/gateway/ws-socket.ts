import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Connection } from '../realtime/connections/connection.js'
import type { Parcel } from '../realtime/ports/parcel.js'
import type { Socket as SocketPort } from '../realtime/ports/socket.js'
import type { BoundHandler, ControlLane } from './control-lane.js'
import { closedBefore, directSocketOf, writeDirectly, writeToStream, type DirectSocket } from './direct-write.js'
import type { EdgeContext } from './edge-context.js'
import type { SocketOwner, WireFault } from './socket-owner.js'
import { tellAtTurnEnd, type TurnWriter } from './turn-writes.js'

type Done = (error?: Error) => void

/** Further parcels that wait for the end of the turn, and what to call when they are written. */
interface Held {
  readonly wires: Buffer[]
  readonly dones: Done[]
}

interface Receiver {
  readonly _state: number
  readonly _fragmented: number
  readonly _bufferedBytes: number
}

/** Internals of ws. Only this file reads them, and only after checking that they are as expected. */
interface Internals {
  readonly _socket?: (Duplex & { [OWNER]?: WsSocket }) | null
  readonly _sender?: { readonly _state: number; readonly _queue: readonly unknown[] } | null
  readonly _receiver?: Receiver | null
}

const OWNER = Symbol('gatehouse socket')
const SENDER_AT_REST = 0
/** A room with this many members is wide: one more write, for its publisher's reply, does not matter. */
const WIDE = 16

/**
 * A client's socket: the core's port and ws's own class in one object, which saves an idle connection one object. The
 * parcels of a turn go to the raw socket in one write, past ws. When ws compresses or is not built as expected, each
 * payload goes through ws itself instead.
 */
export class WsSocket extends WebSocket implements SocketPort, TurnWriter {
  /** What guards and handlers work with; null until the socket is attached. */
  context: EdgeContext | null = null
  /** The core's side of this connection; null until the core has opened it. */
  connection: Connection | null = null
  /** Nest's handlers for this socket; null while no control frame is under way. */
  handlers: readonly BoundHandler[] | null = null
  /** Control frames under way; null while there are none. */
  lane: ControlLane | null = null
  /** When the message that is still incomplete began, on the monotonic clock; 0: none is. */
  unfinishedSinceMs = 0
  /** What arrived before it authenticated. */
  strangerBytes = 0
  #owner: SocketOwner<WsSocket> | null = null
  #raw: Duplex | null = null
  /** The raw socket again, if its handle may be written to directly. */
  #direct: DirectSocket | null = null
  /** What waits for the end of the turn: nearly always one parcel, so only a second one makes lists. */
  #heldWire: Buffer | null = null
  #heldDone: Done | null = null
  #heldMore: Held | null = null
  #heldBytes = 0
  #errorCode: string | undefined

  /** Starts reporting to `owner`; called once, in the turn of the upgrade, so that nothing can arrive before. */
  attach(owner: SocketOwner<WsSocket>): void {
    this.#owner = owner
    const { _socket: raw, _sender: sender } = this as unknown as Internals
    if (raw === undefined || raw === null) throw new Error('ws gave a socket without its stream')
    raw[OWNER] = this
    raw.on('data', onData)
    raw.on('error', onRawError)
    // Without compression ws's sender queues nothing, so what goes past it overtakes nothing.
    const isPlain = this.extensions === '' && sender?._state === SENDER_AT_REST && Array.isArray(sender._queue)
    this.#raw = isPlain ? raw : null
    this.#direct = isPlain ? directSocketOf(raw) : null
  }

  /** ws reports everything by events; handling them here saves an idle socket its table of listeners. */
  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const owner = this.#owner
    // Without an owner, before the start and after the end, nobody listens: an unhandled `error` would end the process.
    if (owner === null) return event !== 'error' && super.emit(event, first, second)
    switch (event) {
      case 'message':
        owner.message(this, first as Buffer, second as boolean)
        return true
      case 'ping':
        owner.ping(this, first as Buffer)
        return true
      case 'pong':
        owner.pong(this)
        return true
      case 'error':
        owner.fault(this, faultOf(first))
        return true
      case 'close':
        this.#ended(owner, first as number, (second as Buffer).toString())
        return true
      default:
        return super.emit(event, first, second)
    }
  }

  get isOpen(): boolean {
    return this.readyState === WebSocket.OPEN
  }

  get bufferedBytes(): number {
    const raw = this.#raw
    if (raw === null) return this.bufferedAmount
    return this.#heldBytes + Math.max(raw.writableLength, this.#direct?._handle?.writeQueueSize ?? 0)
  }

  /** Whether a frame or a fragmented message has begun and not ended. */
  get isMidMessage(): boolean {
    const receiver = (this as unknown as Internals)._receiver
    if (receiver === undefined || receiver === null) return false
    return receiver._fragmented !== 0 || receiver._state !== 0 || receiver._bufferedBytes > 0
  }

  write(parcel: Parcel, done: Done): boolean {
    if (this.readyState !== WebSocket.OPEN) {
      process.nextTick(done, closedBefore())
      return false
    }
    const raw = this.#raw
    if (raw === null) {
      this.#sendEach(parcel, done)
      return false
    }
    if (this.#heldWire === null && this.#isAlone(parcel)) return this.#writeOut(raw, parcel.wire, done)
    this.#hold(parcel.wire, done)
    return false
  }

  /**
   * Whether nothing else is likely to join this write: a room joins what it sends in a turn, and this socket is in no
   * other room. If they were held back, the writes of a wide room would all come due at once, which would defeat its
   * sending in slices.
   */
  #isAlone({ stream }: Parcel): boolean {
    return stream !== null && stream.members >= WIDE && this.connection?.memberships.size === 1
  }

  #hold(wire: Buffer, done: Done): void {
    this.#heldBytes += wire.length
    if (this.#heldWire === null) {
      this.#heldWire = wire
      this.#heldDone = done
      tellAtTurnEnd(this)
      return
    }
    this.#heldMore ??= { wires: [this.#heldWire], dones: [this.#heldDone as Done] }
    this.#heldMore.wires.push(wire)
    this.#heldMore.dones.push(done)
  }

  /** Writes what was held back: at the end of the turn, or because something is about to be written behind it. */
  turnEnded(): void {
    const first = this.#heldWire
    if (first === null) return
    const more = this.#heldMore
    const wire = more === null ? first : Buffer.concat(more.wires, this.#heldBytes)
    const done = more === null ? (this.#heldDone as Done) : forAll(more.dones)
    this.#heldWire = null
    this.#heldDone = null
    this.#heldMore = null
    this.#heldBytes = 0
    if (this.#writeOut(this.#raw as Duplex, wire, done)) done()
  }

  /** Returns whether the system took all at once; otherwise `done` is called later. */
  #writeOut(raw: Duplex, wire: Buffer, done: Done): boolean {
    if (this.#direct === null || raw.writableLength > 0 || !raw.writable) return writeToStream(raw, wire, done)
    return writeDirectly(this.#direct, wire, done)
  }

  override ping(...frame: Parameters<WebSocket['ping']>): void {
    this.turnEnded()
    super.ping(...frame)
  }

  override pong(...frame: Parameters<WebSocket['pong']>): void {
    this.turnEnded()
    super.pong(...frame)
  }

  /** Our own calls always pass a text. ws calls this to answer a close frame, and after a fault with the code alone. */
  override close(code?: number, text?: string | Buffer): void {
    // The event of the fault follows at once, and the socket's owner then closes with a reason.
    if (code !== undefined && text === undefined) return
    // What is written makes room for more, and nothing may come behind a close frame (RFC 6455 section 5.5.1).
    while (this.#heldWire !== null) this.turnEnded()
    if (code === undefined) super.close()
    else super.close(code, text)
  }

  #sendEach(parcel: Parcel, done: Done): void {
    let left = parcel.payloads.length
    let failure: Error | undefined
    const sent = (error?: Error | null): void => {
      failure ??= error ?? undefined
      left -= 1
      if (left === 0) done(failure)
    }
    for (const payload of parcel.payloads) this.send(payload, { binary: parcel.isBinary }, sent)
    if (left === 0 && parcel.payloads.length === 0) process.nextTick(done)
  }

  /** Bytes were parsed. */
  heard(byteCount: number): void {
    this.#owner?.inbound(this, byteCount)
  }

  failedWith(code: string | undefined): void {
    this.#errorCode ??= code
  }

  #ended(owner: SocketOwner<WsSocket>, code: number, text: string): void {
    this.#owner = null
    const error = this.#errorCode
    owner.closed(this, { code, text, hadCloseFrame: code !== 1006, ...(error === undefined ? {} : { error }) })
  }
}

function forAll(dones: readonly Done[]): Done {
  return (error) => {
    for (const done of dones) done(error)
  }
}

// One function for all sockets: a closure for each listener of each idle connection would add up.

function onData(this: Duplex & { [OWNER]?: WsSocket }, chunk: Buffer): void {
  this[OWNER]?.heard(chunk.length)
}

function onRawError(this: Duplex & { [OWNER]?: WsSocket }, error: NodeJS.ErrnoException): void {
  this[OWNER]?.failedWith(error.code ?? error.name)
}

/** A receiver's fault, by the name ws gives it (8.23 lib/receiver.js). */
function faultOf(error: unknown): WireFault {
  const name = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return { code: codeOf(name), name }
}

function codeOf(name: string): number {
  switch (name) {
    case 'WS_ERR_INVALID_UTF8':
      return 1007
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return 1009
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return 1008
    default:
      return 1002
  }
}
