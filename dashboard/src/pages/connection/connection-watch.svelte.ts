import type { ConnectionDetail, ConnectionTick } from '@gatehouse/protocol/rest'
import type { Api } from '../../live/api.js'
import { LastSeconds } from '../../live/last-seconds.svelte.js'
import type { Live } from '../../live/live.svelte.js'
import { Resource } from '../../live/resource.svelte.js'

/** One connection as it is watched: the newest that is known of it, its last three minutes, and how it ended. */
export class ConnectionWatch {
  readonly answer = new Resource<ConnectionDetail>()
  readonly seconds: LastSeconds<Pick<ConnectionDetail, 'rttMs' | 'pendingBytes' | 'outRate' | 'inRate'>>
  #closed = $state<string | null>(null)

  constructor(
    private readonly api: Api,
    private readonly live: Live,
    readonly id: string,
  ) {
    this.seconds = new LastSeconds(180, live)
  }

  /** The reason of its end, or null. */
  get closed(): string | null {
    return this.#closed
  }
  get isOpen(): boolean {
    return this.#closed === null && this.answer.failure === null
  }

  /** Asks once and then listens; returns the function that stops. */
  start(): () => void {
    void this.answer.load((signal) => this.api.get(`/v1/connections/${encodeURIComponent(this.id)}`, {}, signal))
    return this.live.watch<ConnectionTick>(`sys:connection:${this.id}`, (tick) => this.#take(tick))
  }

  #take(tick: ConnectionTick): void {
    if (tick.closed !== undefined) {
      this.#closed = tick.closed
      return
    }
    const { rttMs, pendingBytes, outRate, inRate } = tick.connection
    this.answer.take(tick.connection)
    this.seconds.add(tick.at, { rttMs, pendingBytes, outRate, inRate })
  }
}
