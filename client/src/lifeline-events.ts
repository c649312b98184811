import type { CloseReason, ConnectOk, Push, RefusalReason } from '@gatehouse/protocol'
import type { Disconnected, Refused } from './events.js'
import { RequestError } from './request-error.js'

/**
 * `connecting`: opening or authenticating. `open`: requests go out. `waiting`: before the next attempt. `resting`: closed
 * for idleness, opens with the next request. `closed`: for good, until `reconnect`.
 */
export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'resting' | 'closed'

/** What a lifeline tells its connection. */
export interface LifelineEvents {
  onOpen(ok: ConnectOk, isReconnect: boolean): void
  onPush(push: Push): void
  /** There is no link any more; answers that still arrive do not matter. */
  onReleased(): void
  /** Closed until somebody calls `reconnect`; `error` is undefined if the application closed it. */
  onClosed(error: RequestError | undefined): void
  onDisconnect(end: Disconnected): void
  onRefused(refused: Refused): void
  onError(code: string, message: string): void
}

/** How a connection or an opening ended, as far as the server said it. */
export interface Ended {
  readonly reason: CloseReason | RefusalReason | undefined
  readonly sentence: string
}

/** What requests fail with from then on. */
export function closedError({ reason, sentence }: Ended): RequestError {
  const why = reason === undefined ? '' : ` (${reason})`
  return new RequestError('disconnected', `the connection is closed for good${why}: ${sentence}`, undefined, reason)
}
