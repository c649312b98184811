import { limits, type JoinItem, type JoinManyOk } from '@gatehouse/protocol'
import { reconnectDelayMs } from './backoff.js'
import type { Clock } from './clock.js'
import type { Memberships } from './memberships.js'
import { RequestError } from './request-error.js'

/** Wait before a failed rejoin is tried again, if the server names none, milliseconds. */
const AGAIN_MS = 1000

/** Joins the rooms again after a reconnect: many in a frame, one frame at a time, with later tries if waiting helps. */
export class Rejoin {
  /** Changes with each connection, so that an answer for an older one starts nothing. */
  #run = 0

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly memberships: Memberships,
    private readonly ask: (items: readonly JoinItem[], take: (ok: JoinManyOk) => void) => Promise<unknown>,
    private readonly onLeft: (room: string, reason: string) => void,
  ) {}

  start(): void {
    this.#run += 1
    void this.#join(this.memberships.absent, this.#run, 0)
  }

  stop(): void {
    this.#run += 1
  }

  async #join(rooms: readonly string[], run: number, attempt: number): Promise<void> {
    const asked = rooms.slice(0, limits.joinRooms).filter((room) => this.memberships.has(room))
    if (rooms.length === 0 || run !== this.#run) return
    const crowded: string[] = []
    try {
      if (asked.length > 0)
        await this.ask(
          asked.map((room) => this.memberships.item(room)),
          (ok) => {
            if (run === this.#run) crowded.push(...this.#take(ok, run, attempt))
          },
        )
    } catch (error) {
      if (!(error instanceof RequestError) || error.code === 'disconnected' || run !== this.#run) return
      this.#failed(asked, error, run, attempt)
    }
    await this.#join(rooms.slice(limits.joinRooms), run, attempt)
    for (const room of crowded) await this.#join([room], run, attempt)
  }

  /** Returns the rooms to ask for alone: what each missed would fit into a reply, but not together with the others. */
  #take({ results }: JoinManyOk, run: number, attempt: number): string[] {
    const crowded: string[] = []
    for (const result of results) {
      if ('error' in result) this.#failed([result.room], RequestError.of(result.error), run, attempt)
      else if (result.ok.recovered === false && result.ok.reason === 'over_limit' && results.length > 1)
        crowded.push(result.room)
      else this.memberships.joined(result.room, result.ok)
    }
    return crowded
  }

  #failed(rooms: readonly string[], { code, retryAfterMs }: RequestError, run: number, attempt: number): void {
    if (code === 'rate_limited' || code === 'unavailable' || code === 'timeout') {
      const waitMs = reconnectDelayMs(attempt, this.random(), retryAfterMs ?? AGAIN_MS)
      this.clock.after(waitMs, () => void this.#join(rooms, run, attempt + 1))
      return
    }
    for (const room of rooms)
      if (this.memberships.has(room) && !this.memberships.fallBack(room)) this.onLeft(room, code)
  }
}
