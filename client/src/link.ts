import type { Push, Reply } from '@gatehouse/protocol'
import type { Clock } from './clock.js'
import type { DisconnectPush } from './close-facts.js'
import { Requests } from './requests.js'
import { SocketHandle, type ClientSocket } from './socket.js'

/** What a link tells its connection; nothing more arrives after `onLost` or `drop`. */
export interface LinkEvents {
  onOpen(link: Link): void
  onReply(link: Link): void
  onPush(link: Link, push: Push): void
  /** `text` is the close frame's; 1006 stands where none came. */
  onLost(link: Link, code: number, text: string): void
}

/** One socket with the requests that wait on it. A connection has one, and two while it moves to another node. */
export class Link {
  /** What the server said before it closed. */
  disconnectPush: DisconnectPush | undefined
  readonly #socket: SocketHandle
  readonly #requests: Requests
  #hasOpened = false
  #isOver = false

  constructor(socket: ClientSocket, clock: Clock, timeoutMs: number, events: LinkEvents) {
    this.#requests = new Requests(clock, timeoutMs)
    this.#socket = new SocketHandle(socket, {
      onOpen: () => {
        this.#hasOpened = true
        events.onOpen(this)
      },
      onFrame: (text) => {
        const frame = JSON.parse(text) as Reply | Push
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
  /** It was dropped: what still settles for it is of no interest. */
  get isOver(): boolean {
    return this.#isOver
  }
  /** No request waits for its reply. */
  get isQuiet(): boolean {
    return this.#requests.isEmpty
  }

  ask<T>(event: string, data: unknown, take?: (ok: T) => void): Promise<T> {
    return this.#requests.ask<T>(event, data, (text) => this.#socket.send(text), take)
  }

  /** Closes, hears nothing more and fails what waits. */
  drop(code: number, why: string): void {
    this.#isOver = true
    this.#socket.drop(code, '')
    this.#requests.abandon(why)
  }
}
