import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { Connection } from '../realtime/connections/connection.js'
import type { Parcel } from '../realtime/ports/parcel.js'
import type { Socket as SocketPort } from '../realtime/ports/socket.js'
import type { BoundHandler, ControlLane } from './control-lane.js'
import type { EdgeContext } from './edge-context.js'
import type { SocketOwner, WireFault } from './socket-owner.js'
import { corkForTurn } from './turn-cork.js'

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
const NOTHING = Buffer.alloc(0)
/** A room with this many members is wide: one more write, for its publisher's reply, does not matter. */
const WIDE = 16

const closedBefore = (): Error => new Error('the socket closed before the write was complete')

/**
 * A client's socket: the core's port and ws's own class in one object, which saves an idle connection one object. A
 * parcel's joined frames go to the raw socket in one write. When ws compresses, is busy, or is not built as expected,
 * each payload goes through ws itself instead.
 */
export class WsSocket extends WebSocket implements SocketPort {
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
  #errorCode: string | undefined
  #isCorked = false

  /** Starts reporting to `owner`; called once, in the turn of the upgrade, so that nothing can arrive before. */
  attach(owner: SocketOwner<WsSocket>): void {
    this.#owner = owner
    const { _socket: raw, _sender: sender } = this as unknown as Internals
    if (raw === undefined || raw === null) throw new Error('ws gave a socket without its stream')
    raw[OWNER] = this
    raw.on('data', onData)
    raw.on('error', onRawError)
    const isPlain = this.extensions === '' && typeof sender?._state === 'number' && Array.isArray(sender._queue)
    this.#raw = isPlain ? raw : null
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
    return this.#raw === null ? this.bufferedAmount : this.#raw.writableLength
  }

  /** Whether a frame or a fragmented message has begun and not ended. */
  get isMidMessage(): boolean {
    const receiver = (this as unknown as Internals)._receiver
    if (receiver === undefined || receiver === null) return false
    return receiver._fragmented !== 0 || receiver._state !== 0 || receiver._bufferedBytes > 0
  }

  write(parcel: Parcel, done: (error?: Error) => void): void {
    if (this.readyState !== WebSocket.OPEN) {
      process.nextTick(done, closedBefore())
      return
    }
    const raw = this.#raw
    if (raw === null || (this as unknown as Internals)._sender?._state !== SENDER_AT_REST) {
      this.#sendEach(parcel, done)
      return
    }
    if (!this.#isCorked) {
      if (this.#isAlone(parcel, raw)) {
        writeNow(raw, parcel.wire, done)
        return
      }
      this.#isCorked = true
      corkForTurn(this, raw)
    }
    // Node calls back without an error for a write that was under way when the socket was destroyed.
    raw.write(parcel.wire, (error) => done(error ?? (raw.destroyed ? closedBefore() : undefined)))
  }

  /**
   * Whether nothing else is likely to join this write: a room joins what it sends in a turn, and this socket is in no
   * other room. If they were held back, the writes of a wide room would all come due at once, which would defeat its
   * sending in slices.
   */
  #isAlone({ stream }: Parcel, raw: Duplex): raw is Socket {
    if (stream === null || stream.members < WIDE || this.connection?.memberships.size !== 1) return false
    return raw instanceof Socket && !(raw instanceof TLSSocket) && raw.writableLength === 0
  }

  /** The turn is over: what was written in it has gone out together. */
  uncorked(): void {
    this.#isCorked = false
  }

  /** Our own calls always pass a text. ws calls this to answer a close frame, and after a fault with the code alone. */
  override close(code?: number, text?: string | Buffer): void {
    // The event of the fault follows at once, and the socket's owner then closes with a reason.
    if (code !== undefined && text === undefined) return
    if (code === undefined) super.close()
    else super.close(code, text)
  }

  #sendEach(parcel: Parcel, done: (error?: Error) => void): void {
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

/**
 * Writes to a plain socket whose buffer is empty. If the system takes all of it at once, `done` is called at once: no
 * callback, closure or tick for each of a room's members. Otherwise an empty write behind it calls back.
 */
function writeNow(raw: Socket, wire: Buffer, done: (error?: Error) => void): void {
  raw.write(wire)
  if (raw.errored !== null) process.nextTick(done, raw.errored)
  else if (raw.writableLength === 0) done()
  else raw.write(NOTHING, (error) => done(error ?? (raw.destroyed ? closedBefore() : undefined)))
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
