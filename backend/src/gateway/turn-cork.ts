import type { Duplex } from 'node:stream'

/** The owner of a corked stream, told when the stream is free again. */
export interface Corker {
  uncorked(): void
}

let sockets: Corker[] = []
let streams: Duplex[] = []

/**
 * Holds a socket's writes until the current input is processed, so that replies to frames that arrived together, and
 * parcels of several rooms, go out in one system call.
 */
export function corkForTurn(socket: Corker, stream: Duplex): void {
  stream.cork()
  streams.push(stream)
  if (sockets.push(socket) === 1) process.nextTick(release)
}

function release(): void {
  const held = sockets
  const corked = streams
  sockets = []
  streams = []
  for (let at = 0; at < held.length; at += 1) {
    held[at]?.uncorked()
    corked[at]?.uncork()
  }
}
