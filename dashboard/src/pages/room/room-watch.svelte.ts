import type { CloseRoomRequest, RoomDetail, RoomTick } from '@gatehouse/protocol/rest'
import { Action } from '../../live/action.svelte.js'
import type { Api } from '../../live/api.js'
import { LastSeconds } from '../../live/last-seconds.svelte.js'
import type { Live } from '../../live/live.svelte.js'
import { Resource } from '../../live/resource.svelte.js'

/** One room as it is watched: the newest that is known of it, its last five minutes, and what is done to it. */
export class RoomWatch {
  readonly answer = new Resource<RoomDetail>()
  readonly seconds: LastSeconds<Pick<RoomDetail, 'rate' | 'members'>>
  readonly action = new Action()

  constructor(
    private readonly api: Api,
    private readonly live: Live,
    readonly name: string,
  ) {
    this.seconds = new LastSeconds(300, live)
  }

  /** Asks once and then listens; returns the function that stops. */
  start(): () => void {
    void this.#load()
    return this.live.watch<RoomTick>(`sys:room:${this.name}`, ({ at, room }) => {
      this.answer.take(room)
      this.seconds.add(at, { rate: room.rate, members: room.members })
    })
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

  #load(): Promise<unknown> {
    return this.answer.load((signal) => this.api.get(this.#path(), {}, signal))
  }

  async #act(what: string, body: unknown): Promise<boolean> {
    await this.action.run(async () => {
      await this.api.post(this.#path() + what, body)
      await this.#load()
    })
    return this.action.failure === null
  }
}
