import { limits, type JoinItem, type JoinManyOk } from '@gatehouse/protocol'
import type { Clock } from './clock.js'
import type { Memberships } from './memberships.js'
import { RequestError } from './request-error.js'

/** Brings the rooms back after a reconnect: many to a frame, one frame at a time, later again where waiting helps. */
export class Rejoin {
  /** Changes with each connection, so that an answer for an older one starts nothing. */
  #run = 0

  constructor(
    private readonly clock: Clock,
    private readonly memberships: Memberships,
    private readonly ask: (items: readonly JoinItem[], take: (ok: JoinManyOk) => void) => Promise<JoinManyOk>,
    private readonly onLeft: (room: string, reason: string) => void,
  ) {}

  start(items: readonly JoinItem[]): void {
    this.#run += 1
    void this.#join(items, this.#run)
  }

  stop(): void {
    this.#run += 1
  }

  async #join(items: readonly JoinItem[], run: number): Promise<void> {
    const asked = items.slice(0, limits.joinRooms)
    if (asked.length === 0 || run !== this.#run) return
    try {
      const { results } = await this.ask(asked, (ok) => {
        for (const result of ok.results) if ('ok' in result) this.memberships.joined(result.room, result.ok)
      })
      for (const result of results) {
        if ('ok' in result) continue
        else
          this.#failed(
            asked.filter(({ room }) => room === result.room),
            RequestError.of(result.error),
            run,
          )
      }
    } catch (error) {
      if (!(error instanceof RequestError) || error.code === 'disconnected') return
      this.#failed(asked, error, run)
    }
    await this.#join(items.slice(limits.joinRooms), run)
  }

  #failed(items: readonly JoinItem[], { code, retryAfterMs }: RequestError, run: number): void {
    const wanted = items.filter(({ room }) => this.memberships.has(room))
    if (code === 'rate_limited' || code === 'unavailable' || code === 'timeout') {
      this.clock.after(retryAfterMs ?? 1000, () => void this.#join(wanted, run))
    } else {
      for (const { room } of wanted) this.onLeft(room, code)
    }
  }
}
