import type { Hub } from '../realtime/hub.js'
import type { TokenVerifier } from '../realtime/ports/token-verifier.js'
import type { EdgeLog } from './edge-log.js'

/** Shared by the guards, handlers and filter of one port; each socket holds its port's. */
export interface EdgeContext {
  readonly hub: Hub
  readonly tokens: TokenVerifier
  readonly log: EdgeLog
  /** Sends every publish through guard, interceptor and handler. */
  readonly forceControlRoad: boolean
}
