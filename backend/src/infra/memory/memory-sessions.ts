import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import { SessionStore } from '../../realtime/ports/session-store.js'
import { SESSION_LIFE_MS } from '../../realtime/ports/session-life.js'

const SESSION_BYTES = 16
const EXPIRY_MS = 30_000

interface Held {
  readonly subject: string
  connection: string
  /** On the monotonic clock; null while its connection is open. */
  releasedAtMs: number | null
}

/** Sessions of a single node. */
export class MemorySessions extends SessionStore {
  readonly #sessions = new Map<string, Held>()

  /** With `lateMs` each claim completes up to that many milliseconds later, as in a shared store. */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly lateMs = 0,
  ) {
    super()
    clock.every(EXPIRY_MS, () => this.#expire())
  }

  get count(): number {
    return this.#sessions.size
  }

  override claim(
    id: string | undefined,
    subject: string,
    connection: string,
    done: (session: { readonly id: string; readonly previous: string | null }) => void,
  ): void {
    const claimed = this.#give(id, subject, connection)
    if (this.lateMs === 0) done(claimed)
    else this.clock.after(Math.floor(this.random.number() * this.lateMs), () => done(claimed))
  }

  override release(id: string, connection: string): void {
    const held = this.#sessions.get(id)
    if (held !== undefined && held.connection === connection) held.releasedAtMs = this.clock.nowMs()
  }

  #give(id: string | undefined, subject: string, connection: string): { id: string; previous: string | null } {
    const held = id === undefined ? undefined : this.#sessions.get(id)
    if (id !== undefined && held !== undefined && held.subject === subject && !this.#isOver(held)) {
      const previous = held.connection
      held.connection = connection
      held.releasedAtMs = null
      return { id, previous: previous === connection ? null : previous }
    }
    const fresh = this.random.id(SESSION_BYTES)
    this.#sessions.set(fresh, { subject, connection, releasedAtMs: null })
    return { id: fresh, previous: null }
  }

  #isOver(held: Held): boolean {
    return held.releasedAtMs !== null && this.clock.nowMs() - held.releasedAtMs >= SESSION_LIFE_MS
  }

  #expire(): void {
    for (const [id, held] of this.#sessions) if (this.#isOver(held)) this.#sessions.delete(id)
  }
}
