import type { Hub } from '../realtime/hub.js'
import type { TokenVerifier } from '../realtime/ports/token-verifier.js'
import type { EdgeLog } from './edge-log.js'

/** What the guards, handlers and filter of one port work with; each socket knows its port's. */
export interface EdgeContext {
  readonly hub: Hub
  readonly tokens: TokenVerifier
  readonly log: EdgeLog
  /** Every publish takes the road through guard, interceptor and handler. */
  readonly forceControlRoad: boolean
}
