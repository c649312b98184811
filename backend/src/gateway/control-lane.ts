import type { Request } from '@gatehouse/protocol'
import { limits } from '@gatehouse/protocol'
import type { TokenVerdict } from '../realtime/ports/token-verifier.js'

/** A Nest handler, already bound to its gateway and socket: takes the frame, returns a promise or an Observable. */
export interface BoundHandler {
  readonly message: unknown
  readonly callback: (frame: unknown, event: string) => unknown
}

interface Held {
  readonly request: Request
  readonly byteCount: number
}

/** Bounds on what waits behind a control frame; at either one the socket is no longer read. */
const MOST_FRAMES = 256
const MOST_BYTES = 262_144

/** Holds the frames that wait while a control frame of their connection is under way. Exists only for that time. */
export class ControlLane {
  /** The guard's verdict on the frame's token, for the handler. */
  token: TokenVerdict | null = null
  readonly #held: Held[] = []
  #bytes = 0
  #isReadingHeld = false

  /** Adds a frame; true when the socket must not be read from now on. The bound is lower before authentication. */
  hold(request: Request, byteCount: number, isStranger: boolean): boolean {
    this.#held.push({ request, byteCount })
    this.#bytes += byteCount
    const mostBytes = isStranger ? limits.unauthenticatedBytes : MOST_BYTES
    if (this.#isReadingHeld || (this.#held.length < MOST_FRAMES && this.#bytes < mostBytes)) return false
    this.#isReadingHeld = true
    return true
  }

  /** The oldest frame, in the order of arrival; undefined when none waits. */
  next(): Request | undefined {
    const held = this.#held.shift()
    if (held !== undefined) this.#bytes -= held.byteCount
    return held?.request
  }

  /** Whether reading was held and may go on; true once for each hold. */
  mayRelease(): boolean {
    if (!this.#isReadingHeld || this.#held.length >= MOST_FRAMES || this.#bytes >= MOST_BYTES) return false
    this.#isReadingHeld = false
    return true
  }
}
