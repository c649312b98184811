import type { CloseRoomRequest, RoomDetail, RoomTick } from '@gatehouse/protocol/rest'
import type { Intervals } from '../../charts/chart-time.svelte.js'
import type { Values } from '../../charts/paths.js'
import { Action } from '../../live/action.svelte.js'
import type { Api, ApiError } from '../../live/api.js'
import type { Live } from '../../live/live.svelte.js'
import { Resource } from '../../live/resource.svelte.js'

/** Seconds of the chart; what was before the page was opened is not known and stays a void. */
const SECONDS = 300

/** One room as it is watched: what it is now, its last five minutes, and what is done to it. */
export class RoomWatch {
  readonly #answer = new Resource<RoomDetail>()
  #live = $state.raw<RoomDetail | null>(null)
  #samples = $state.raw<readonly { readonly at: number; readonly rate: number; readonly members: number }[]>([])
  readonly action = new Action()

  constructor(
    private readonly api: Api,
    private readonly hub: Live,
    readonly name: string,
  ) {}

  /** The newest that is known. */
  get room(): RoomDetail | undefined {
    return this.#live ?? this.#answer.value
  }
  get failure(): ApiError | null {
    return this.#answer.failure
  }

  readonly intervals = $derived.by<Intervals>(() => {
    const newest = this.#samples.at(-1)?.at ?? this.hub.now
    return { from: Math.floor(newest / 1000) * 1000 - (SECONDS - 1) * 1000, stepMs: 1000, count: SECONDS }
  })

  /** One value a second, null where none arrived. */
  values(pick: (sample: { rate: number; members: number }) => number): Values {
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
    return this.hub.watch<RoomTick>(`sys:room:${this.name}`, ({ at, room }) => {
      this.#live = room
      this.#samples = [...this.#samples.slice(1 - SECONDS), { at, rate: room.rate, members: room.members }]
    })
  }

  retry(): void {
    void this.#answer.load((signal) => this.api.get(this.#path(), {}, signal))
  }

  /** Closes the room; true when it was done. */
  close(request: CloseRoomRequest): Promise<boolean> {
    return this.#act('/close', request)
  }

  reopen(): Promise<boolean> {
    return this.#act('/reopen', {})
  }

  #path(): string {
    return `/v1/rooms/${encodeURIComponent(this.name)}`
  }

  async #act(what: string, body: unknown): Promise<boolean> {
    await this.action.run(() => this.api.post(this.#path() + what, body))
    if (this.action.failure !== null) return false
    this.#live = null
    this.retry()
    return true
  }
}
