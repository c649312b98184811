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
  /** Asked for each connection and before a token ends. */
  readonly getToken?: () => string | Promise<string>
  /** Shown to operators. */
  readonly client?: { readonly name: string; readonly version?: string }
  readonly labels?: Readonly<Record<string, string>>
  /** How long a request waits for its reply and an opening for its answer, milliseconds; 15,000 by default. */
  readonly timeoutMs?: number
  /** Whether to open again where the close allows it; true by default. */
  readonly reconnect?: boolean
  /** Frames in another encoding than JSON, where the server takes it. */
  readonly codec?: Codec
  /** A WebSocket class; the global one by default. */
  readonly WebSocket?: ClientSocketConstructor
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  /** A number in [0, 1); spreads reconnects. */
  readonly random?: () => number
  /** Whether the network and the page are there; the browser's own signs by default. */
  readonly environment?: Environment
}

export type PresenceChange = Omit<Extract<Push, { event: 'presence' }>, 'event' | 'room'>

/** What the application wants to hear of one room. */
export interface RoomHandlers<T = unknown> {
  onMessage?(message: RoomMessage<T>): void
  /** Joined, the first time and after each reconnect. */
  onJoined?(state: JoinOk): void
  onGap?(gap: Gap): void
  /** All that was missed while away has been handed on. */
  onRecovered?(recovered: Recovered): void
  /** No longer a member, and not coming back by itself; the reason of a push or the code of a refused join. */
  onLeft?(reason: string): void
  onPresence?(change: PresenceChange): void
}

/** A message of a room, with a payload of the type the application says its room has. */
export interface RoomMessage<T = unknown> extends Omit<MessageFrame, 'data' | 'data64'> {
  readonly data: T
  /** Of every message, though the server names it on the first of an epoch only. */
  readonly epoch?: string
}

export interface JoinOptions {
  /** Where an earlier stay ended, such as one kept over a reload of the page: what came after is handed on first. */
  readonly since?: Position
}

export interface PublishOptions {
  /** Makes it safe to send again for 5 min: the same key has its effect once. At most 64 characters. */
  readonly key?: string
  /** Send again with the same key (made where none is given) after a lost connection or an error that passes. */
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
