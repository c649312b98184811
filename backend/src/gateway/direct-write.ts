import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { getSystemErrorName } from 'node:util'

type Done = (error?: Error) => void

/** A write that the system could not take at once, as node:net's handle answers it. */
interface PendingWrite {
  oncomplete: ((status: number) => void) | null
  /** Set if it was complete before `oncomplete` was. */
  readonly writeStatus: number | null
  /** Kept here, so that they are not collected before the write is complete. */
  handle: Handle | null
  buffer: Buffer | null
}

/**
 * The part of node:net's handle that we use, as node:net itself does since Node 24.22 and 26.12
 * (lib/internal/stream_base_commons.js). Earlier ones took a request in the place of null.
 */
interface Handle {
  /** Returns 0 if the system took all, a negative error number, or the pending write. */
  writeBuffer: (request: null, wire: Buffer) => number | PendingWrite
  /** Bytes that the system has not taken yet. */
  readonly writeQueueSize: number
}

/** A plain TCP socket, with the handle that node:net keeps in it; null once it is destroyed. */
export type DirectSocket = Socket & { readonly _handle?: Handle | null }

/** Whether handles are as we expect them; undefined until a write of node:net's own has shown it. */
let isAsExpected: boolean | undefined

/** The socket, if it is a plain TCP one whose handle may be written to; else null. */
export function directSocketOf(raw: Duplex): DirectSocket | null {
  if (!(raw instanceof Socket) || raw instanceof TLSSocket || isAsExpected === false) return null
  const { _handle: handle } = raw as DirectSocket
  return typeof handle?.writeBuffer === 'function' && typeof handle.writeQueueSize === 'number' ? raw : null
}

/**
 * Hands bytes to a TCP socket's handle, without node:net's stream above it: no closure, state or tick for a write that
 * the system takes at once. A room's message is one such write for each member. Only for a stream that holds nothing and
 * is still writable; what is written to the stream afterwards follows in order.
 *
 * @returns whether the system took all at once. Otherwise `done` is called once, later.
 */
export function writeDirectly(raw: DirectSocket, wire: Buffer, done: Done): boolean {
  const { _handle: handle } = raw
  if (handle === null || handle === undefined || isAsExpected === false) return writeToStream(raw, wire, done)
  if (isAsExpected === undefined) return writeObserved(raw, handle, wire, done)
  // Behind a write that waits, each would wait with a request of its own; the stream collects and joins them.
  if (handle.writeQueueSize > 0) return writeToStream(raw, wire, done)
  const answer = handle.writeBuffer(null, wire)
  if (answer === 0) return true
  if (typeof answer === 'number') fail(raw, answer, done)
  else awaitWrite(raw, handle, wire, answer, done)
  return false
}

/** Writes as everybody does. Returns false: `done` is called once, later. */
export function writeToStream(raw: Duplex, wire: Buffer, done: Done): false {
  // Node calls back without an error for a write that was under way when the socket was destroyed.
  raw.write(wire, (error) => done(error ?? (raw.destroyed ? closedBefore() : undefined)))
  return false
}

/** The error of a write that the end of its socket made impossible. */
export function closedBefore(): Error {
  return new Error('the socket closed before the write was complete')
}

function awaitWrite(raw: Socket, handle: Handle, wire: Buffer, pending: PendingWrite, done: Done): void {
  const settle = (status: number): void => {
    if (raw.destroyed) done(closedBefore())
    else if (status < 0) fail(raw, status, done)
    else done()
  }
  if (pending.writeStatus !== null) process.nextTick(settle, pending.writeStatus)
  else {
    pending.handle = handle
    pending.buffer = wire
    pending.oncomplete = settle
  }
}

function fail(raw: Socket, status: number, done: Done): void {
  const code = getSystemErrorName(status)
  const error = Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' })
  raw.destroy(error)
  process.nextTick(done, error)
}

/** A write through the stream, which shows how node:net uses its handle. */
function writeObserved(raw: DirectSocket, handle: Handle, wire: Buffer, done: Done): false {
  const { writeBuffer } = handle
  handle.writeBuffer = (request, bytes) => {
    const answer = writeBuffer.call(handle, request, bytes)
    isAsExpected =
      request === null && (typeof answer === 'number' || (answer.oncomplete === null && 'writeStatus' in answer))
    return answer
  }
  writeToStream(raw, wire, done)
  // The override was the handle's own; its class has the method.
  delete (handle as Partial<Handle>).writeBuffer
  return false
}
