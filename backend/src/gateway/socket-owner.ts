import type { SocketEnd } from '../realtime/connections/closer.js'

/** Why a receiver stopped reading. */
export interface WireFault {
  /** Close code that ws would send. */
  readonly code: number
  /** ws's name for the fault, such as `WS_ERR_EXPECTED_MASK`. */
  readonly name: string
}

/** Who is told what happens on sockets of type `S`. One object serves all sockets of a port. */
export interface SocketOwner<S> {
  message(socket: S, bytes: Buffer, isBinary: boolean): void
  /** Bytes arrived and were parsed; whatever they hold, they are a sign of life. */
  inbound(socket: S, byteCount: number): void
  ping(socket: S, data: Buffer): void
  pong(socket: S): void
  /** What arrived broke the protocol. Nothing more is read; the owner closes. */
  fault(socket: S, fault: WireFault): void
  /** Called exactly once, last. */
  closed(socket: S, end: SocketEnd): void
}
