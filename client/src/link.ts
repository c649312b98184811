import type { Push, Reply } from '@gatehouse/protocol'
import type { Clock } from './clock.js'
import type { DisconnectPush } from './close-facts.js'
import { decoded, encoded, type Codec } from './codec.js'
import { Requests } from './requests.js'
import { SocketHandle, type ClientSocket } from './socket.js'

/** What a link tells its connection; nothing more arrives after `onLost` or `drop`. */
export interface LinkEvents {
  onOpen(link: Link): void
  onReply(link: Link): void
  onPush(link: Link, push: Push): void
  /** `text` is that of the close frame; `code` is 1006 if none came. */
  onLost(link: Link, code: number, text: string): void
  /** Something arrived that is not a frame, so it is unknown what the server meant. */
  onUnreadable(link: Link, error: unknown): void
}

/** How links of one connection are made. */
export interface LinkSettings {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly codec: Codec | undefined
}

/** One socket with the requests that wait on it. A connection has one, and two while it moves to another node. */
export class Link {
  /** What the server said before it closed. */
  disconnectPush: DisconnectPush | undefined
  readonly #socket: SocketHandle
  readonly #requests: Requests
  readonly #codec: Codec | undefined
  #hasOpened = false
  #isOver = false

  constructor(socket: ClientSocket, { clock, timeoutMs, codec }: LinkSettings, events: LinkEvents) {
    this.#codec = codec
    this.#requests = new Requests(clock, timeoutMs)
    this.#socket = new SocketHandle(socket, {
      onOpen: () => {
        this.#hasOpened = true
        events.onOpen(this)
      },
      onFrame: (data) => {
        const frame = this.#read(data, events)
        if (frame === undefined) return
        if ('id' in frame) {
          this.#requests.settle(frame)
          return events.onReply(this)
        }
        if (frame.event === 'disconnect') this.disconnectPush = frame
        events.onPush(this, frame)
      },
      onLost: (code, text) => events.onLost(this, code, text),
    })
  }

  /** False while the server may still refuse the opening. */
  get hasOpened(): boolean {
    return this.#hasOpened
  }
  /** It was dropped; requests that still settle do not matter. */
  get isOver(): boolean {
    return this.#isOver
  }
  /** No request waits for its reply. */
  get isQuiet(): boolean {
    return this.#requests.isEmpty
  }

  /** `take` gets the answer before any later frame is read. */
  ask<T>(event: string, data: unknown, take?: (ok: T) => void): Promise<T> {
    const send = (frame: object): void => this.#socket.send(encoded(frame, this.#codec, this.#socket.protocol))
    return this.#requests.ask<T>(event, data, send, take)
  }

  /** Closes the socket, ignores what still arrives and fails the requests that wait. */
  drop(code: number, why: string): void {
    this.#isOver = true
    this.#socket.drop(code, '')
    this.#requests.abandon(why)
  }

  #read(data: unknown, events: LinkEvents): Reply | Push | undefined {
    try {
      const frame = decoded(data, this.#codec)
      if (typeof frame === 'object' && frame !== null) return frame as Reply | Push
      throw new TypeError('a frame must be an object')
    } catch (error) {
      events.onUnreadable(this, error)
      return undefined
    }
  }
}
