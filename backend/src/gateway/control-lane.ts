import type { Request } from '@gatehouse/protocol'

/** A Nest handler, already bound to its gateway and socket: takes the frame, answers a promise or an Observable. */
export interface BoundHandler {
  readonly message: unknown
  readonly callback: (frame: unknown, event: string) => unknown
}

interface Held {
  readonly request: Request
  readonly byteCount: number
}

/** Frames that wait behind a control frame; above either the socket is not read. */
const MOST_FRAMES = 256
const MOST_BYTES = 262_144

/** What waits while one control frame of a connection is under way. Exists only so long. */
export class ControlLane {
  readonly #held: Held[] = []
  #bytes = 0

  hold(request: Request, byteCount: number): void {
    this.#held.push({ request, byteCount })
    this.#bytes += byteCount
  }

  /** The oldest frame, in the order of arrival; undefined when none waits. */
  next(): Request | undefined {
    const held = this.#held.shift()
    if (held !== undefined) this.#bytes -= held.byteCount
    return held?.request
  }

  get isFull(): boolean {
    return this.#held.length >= MOST_FRAMES || this.#bytes >= MOST_BYTES
  }
}
