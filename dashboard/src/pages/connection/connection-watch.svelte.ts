import type { ConnectionDetail, ConnectionTick } from '@gatehouse/protocol/rest'
import type { Intervals } from '../../charts/chart-time.svelte.js'
import type { Values } from '../../charts/paths.js'
import { ApiError, type Api } from '../../live/api.js'
import type { Live } from '../../live/live.svelte.js'
import { Resource } from '../../live/resource.svelte.js'

/** One second of a connection. */
interface Sample {
  readonly at: number
  readonly rttMs: number | null
  readonly pendingBytes: number
  readonly outRate: number
  readonly inRate: number
}

/** Seconds of the charts; what was before the page was opened is not known and stays a void. */
const SECONDS = 180

/** One connection as it is watched: what it is now, its last three minutes, and how it ended. */
export class ConnectionWatch {
  readonly #answer = new Resource<ConnectionDetail>()
  #live = $state.raw<ConnectionDetail | null>(null)
  #closed = $state<string | null>(null)
  #samples = $state.raw<readonly Sample[]>([])

  constructor(
    private readonly api: Api,
    private readonly hub: Live,
    readonly id: string,
  ) {}

  /** The newest that is known; stays when the connection ends. */
  get connection(): ConnectionDetail | undefined {
    return this.#live ?? this.#answer.value
  }
  /** The reason of its end, or null. */
  get closed(): string | null {
    return this.#closed
  }
  get failure(): ApiError | null {
    return this.#answer.failure
  }
  get isOpen(): boolean {
    return this.#closed === null && this.#answer.failure === null
  }

  readonly intervals = $derived.by<Intervals>(() => {
    const newest = this.#samples.at(-1)?.at ?? this.hub.now
    return { from: Math.floor(newest / 1000) * 1000 - (SECONDS - 1) * 1000, stepMs: 1000, count: SECONDS }
  })

  /** One value a second, null where none arrived. */
  values(pick: (sample: Sample) => number | null): Values {
    const values = Array.from<number | null>({ length: SECONDS }).fill(null)
    for (const sample of this.#samples) {
      const index = Math.floor((sample.at - this.intervals.from) / 1000)
      if (index >= 0 && index < SECONDS) values[index] = pick(sample)
    }
    return values
  }

  /** Asks once and then listens; returns the function that stops. */
  start(): () => void {
    this.retry()
    return this.hub.watch<ConnectionTick>(`sys:connection:${this.id}`, (tick) => this.#take(tick))
  }

  retry(): void {
    void this.#answer.load((signal) => this.api.get(`/v1/connections/${encodeURIComponent(this.id)}`, {}, signal))
  }

  #take(tick: ConnectionTick): void {
    if (tick.closed !== undefined) {
      this.#closed = tick.closed
      return
    }
    const { rttMs, pendingBytes, outRate, inRate } = tick.connection
    this.#live = tick.connection
    this.#samples = [...this.#samples.slice(1 - SECONDS), { at: tick.at, rttMs, pendingBytes, outRate, inRate }]
  }
}
