import type { Cancel, Clock } from '../realtime/ports/clock.js'
import type { WsSocket } from './ws-socket.js'

const LOOK_EVERY_MS = 1_000

/**
 * Finds messages that were begun but never finished: fragments without the last one, a header without its bytes. No
 * option of ws bounds that time, and the size limits alone would let each such message hold memory for ever.
 */
export class UnfinishedMessages {
  readonly #sockets = new Set<WsSocket>()
  readonly #stop: Cancel

  /** Calls `onOverdue` once for a message that takes longer than `deadlineMs`. */
  constructor(
    private readonly clock: Clock,
    private readonly deadlineMs: number,
    private readonly onOverdue: (socket: WsSocket, ageMs: number) => void,
  ) {
    this.#stop = clock.every(LOOK_EVERY_MS, () => this.#look())
  }

  /** A message ended; what follows it in the same bytes is another. */
  ended(socket: WsSocket): void {
    if (socket.unfinishedSinceMs !== 0) this.forget(socket)
  }

  /** Everything that arrived was parsed: notes whether a message is still incomplete. */
  parsed(socket: WsSocket): void {
    if (socket.isMidMessage) {
      if (socket.unfinishedSinceMs !== 0) return
      socket.unfinishedSinceMs = this.clock.nowMs()
      this.#sockets.add(socket)
    } else this.ended(socket)
  }

  forget(socket: WsSocket): void {
    socket.unfinishedSinceMs = 0
    this.#sockets.delete(socket)
  }

  stop(): void {
    this.#stop()
  }

  #look(): void {
    const nowMs = this.clock.nowMs()
    for (const socket of this.#sockets) {
      const ageMs = nowMs - socket.unfinishedSinceMs
      // While we ourselves do not read it, the client cannot finish.
      if (socket.isPaused) socket.unfinishedSinceMs = nowMs
      else if (ageMs >= this.deadlineMs) {
        this.forget(socket)
        this.onOverdue(socket, Math.round(ageMs))
      }
    }
  }
}
