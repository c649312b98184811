import type { JoinOk, MessageFrame, Position, Push } from '@gatehouse/protocol'
import type { Clock } from './clock.js'
import type { Codec } from './codec.js'
import type { Environment } from './environment.js'
import type { Gap, Recovered } from './events.js'
import type { ClientSocketConstructor } from './socket.js'

export interface ConnectOptions {
  /** `ws://` or `wss://` address of the gateway, `/ws` included. */
  readonly url: string
  /** A token that never changes. Without this and `getToken` the opening itself must authenticate (a cookie). */
  readonly token?: string
  /** Called for each connection and before a token ends. */
  readonly getToken?: () => string | Promise<string>
  /** Shown to operators. */
  readonly client?: { readonly name: string; readonly version?: string }
  readonly labels?: Readonly<Record<string, string>>
  /** How long a request waits for its reply and an opening for its answer, milliseconds; 15,000 by default. */
  readonly timeoutMs?: number
  /** Whether to open again where the close allows it; true by default. */
  readonly reconnect?: boolean
  /** An encoding other than JSON, used if the server selects it. */
  readonly codec?: Codec
  /** A WebSocket class; the global one by default. */
  readonly WebSocket?: ClientSocketConstructor
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  /** A number in [0, 1); spreads reconnects. */
  readonly random?: () => number
  /** The state of the network and the page; by default what the browser says. */
  readonly environment?: Environment
}

export type PresenceChange = Omit<Extract<Push, { event: 'presence' }>, 'event' | 'room'>

/** What the application wants to be told about one room. */
export interface RoomHandlers<T = unknown> {
  onMessage?(message: RoomMessage<T>): void
  /** Joined, the first time and after each reconnect. */
  onJoined?(state: JoinOk): void
  onGap?(gap: Gap): void
  /** Everything missed while away has been handed on. */
  onRecovered?(recovered: Recovered): void
  /** No longer a member, and not coming back by itself; the reason of a push or the code of a refused join. */
  onLeft?(reason: string): void
  onPresence?(change: PresenceChange): void
}

/** A message of a room, with the payload type that the application gives the room. */
export interface RoomMessage<T = unknown> extends Omit<MessageFrame, 'data' | 'data64'> {
  readonly data: T
  /** Set on every message, although the server names it only on the first of an epoch. */
  readonly epoch?: string
}

export interface JoinOptions {
  /** Where an earlier stay ended, for example before a reload of the page: what came after is handed on first. */
  readonly since?: Position
}

export interface PublishOptions {
  /** Makes it safe to send again for 5 min: the same key takes effect once. At most 64 characters. */
  readonly key?: string
  /** Send again with the same key (made if none is given) after a lost connection or a temporary error. */
  readonly retry?: boolean
  /** How long retries may take in all, milliseconds; 30,000 by default, at most 240,000. */
  readonly withinMs?: number
}

export interface HistoryQuery {
  /** What lies beyond this position, in the direction asked. */
  readonly since?: Position
  /** 1 to 300; 100 by default. */
  readonly limit?: number
  /** Newest first. */
  readonly reverse?: boolean
}
