import type { Clock } from '../../realtime/ports/clock.js'
import { Viewers } from '../ports/viewers.js'
import type { ControlHub } from './control-hub.js'

const WINDOW_MS = 5_000

/** Counts the dashboards of this node and the bytes sent to them. */
export class LiveViewers extends Viewers {
  #sinceMs: number
  #since = 0
  #rate = 0

  constructor(
    private readonly hub: ControlHub,
    private readonly clock: Clock,
  ) {
    super()
    this.#sinceMs = clock.nowMs()
  }

  override count(): number {
    return this.hub.connections.size
  }

  override bytesPerSecond(): number {
    const now = this.clock.nowMs()
    const written = this.hub.books.writtenBytes
    if (now - this.#sinceMs >= WINDOW_MS) {
      this.#rate = Math.round(((written - this.#since) * 1000) / (now - this.#sinceMs))
      this.#sinceMs = now
      this.#since = written
    }
    return this.#rate
  }
}
