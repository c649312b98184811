import type { JoinOk, MessageFrame } from '@gatehouse/protocol'
import type { Clock } from './clock.js'
import type { Gap } from './events.js'
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
  /** A WebSocket class; the global one by default. */
  readonly WebSocket?: ClientSocketConstructor
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  /** A number in [0, 1); spreads reconnects. */
  readonly random?: () => number
}

/** What the application wants to hear of one room. */
export interface RoomHandlers {
  onMessage?(message: MessageFrame): void
  /** Joined, the first time and after each reconnect. */
  onJoined?(state: JoinOk): void
  onGap?(gap: Gap): void
  /** No longer a member, and not coming back by itself; the reason of a push or the code of a refused join. */
  onLeft?(reason: string): void
  onPresence?(change: { readonly joined: readonly string[]; readonly left: readonly string[] }): void
}
