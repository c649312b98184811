import type { BinaryCodec } from './binary-codec.js'
import type { Bus } from './bus.js'
import type { BanList } from './ban-list.js'
import type { Clock } from './clock.js'
import type { History } from './history.js'
import type { Random } from './random.js'
import type { RecordSink } from './record-sink.js'
import type { RoomStates } from './room-state.js'
import type { SessionStore } from './session-store.js'
import type { SharedLimits } from './shared-limits.js'

/** What a hub is built on. */
export interface HubPorts {
  readonly clock: Clock
  readonly random: Random
  readonly bus: Bus
  readonly history: History
  readonly sessions: SessionStore
  readonly limits: SharedLimits
  readonly bans: BanList
  readonly roomStates: RoomStates
  readonly records: RecordSink
  /** Encodes the frames of connections that speak MessagePack. */
  readonly codec: BinaryCodec
}
