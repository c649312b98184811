import type { TimelineRecord } from '../ports/record-sink.js'

const KEPT = 16

/** What can happen to a connection between its opening and its close. */
export type TimelineKind =
  | 'opened'
  | 'authenticated'
  | 'joined'
  | 'left'
  | 'refreshed'
  | 'paused'
  | 'resumed'
  | 'slow'
  | 'recovered'
  | 'rate_limited'
  | 'error'
  | 'notified'
  | 'closing'
  | 'closed'

type Slot = { -readonly [K in keyof TimelineRecord]: TimelineRecord[K] }

/** The newest 16 things that happened to a connection; records are reused, so a busy one takes no more memory. */
export class Timeline {
  readonly #slots: Slot[] = []
  #next = 0

  add(at: number, kind: TimelineKind, detail: string | null): void {
    const slot = this.#slots[this.#next]
    if (slot === undefined) this.#slots.push({ at, kind, detail })
    else {
      slot.at = at
      slot.kind = kind
      slot.detail = detail
    }
    this.#next = (this.#next + 1) % KEPT
  }

  /** Oldest first, copied. */
  records(): TimelineRecord[] {
    const start = this.#slots.length < KEPT ? 0 : this.#next
    return this.#slots.map((_, i) => ({ ...(this.#slots[(start + i) % this.#slots.length] as Slot) }))
  }
}
