import { createContext } from 'svelte'
import { Router } from '../router.svelte.js'
import { Api } from './api.js'
import { ClientStream } from './client-stream.js'
import { Live } from './live.svelte.js'
import type { RoomStream } from './room-stream.js'
import { Session } from './session.svelte.js'
import { Stats } from './stats.svelte.js'

/** What every page is built on: the address, the REST API, the live hub, who is signed in, and the node's last second. */
export class ControlRoom {
  readonly router = new Router()
  readonly session: Session
  readonly live: Live
  readonly stats: Stats

  constructor(
    readonly api: Api = new Api(),
    stream: RoomStream = new ClientStream(liveUrl()),
  ) {
    this.session = new Session(api)
    this.live = new Live(stream)
    this.stats = new Stats(api, this.live)
  }
}

/** The control room that a component belongs to. */
export const [getControlRoom, setControlRoom] = createContext<ControlRoom>()

function liveUrl(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/live`
}
