import { matchesRoom } from '@gatehouse/protocol'
import type { PayloadCheck } from './payload-fault.js'

export type RoomKind = 'ephemeral' | 'recoverable' | 'latest'
export type SlowPolicy = 'disconnect' | 'drop_oldest' | 'conflate'

/** How much of a room's stream is kept; whichever limit is reached first. */
export interface HistoryLimits {
  readonly count: number
  /** Payload bytes with a fixed share for each message. */
  readonly bytes: number
  readonly ageMs: number
}

/** `asked`: told on request; `pushed`: changes are told to the members too. */
export type PresenceMode = 'none' | 'asked' | 'pushed'

/** Options for the rooms whose name matches a pattern. */
export interface RoomType {
  readonly pattern: string
  readonly kind: RoomKind
  /** How much is kept; null for `ephemeral`, one message for `latest`. */
  readonly history: HistoryLimits | null
  readonly presence: PresenceMode
  /** Whether a connecting user is joined to the one room whose name has the user's in the place of `*`. */
  readonly own: boolean
  /** Most members; null: no limit. */
  readonly memberLimit: number | null
  /** Messages a second from all clients together; null: no limit of its own. */
  readonly publishRate: number | null
  readonly slowPolicy: SlowPolicy
  /** Whether messages say who published them. */
  readonly from: boolean
  /** Null: any payload fits. */
  readonly payloadFault: PayloadCheck | null
  /** Whether members confirm what they received. */
  readonly receipts: boolean
}

/** The type of every room when no configuration file names types. */
export const builtInRoomType: RoomType = {
  pattern: '**',
  kind: 'ephemeral',
  history: null,
  presence: 'asked',
  own: false,
  memberLimit: null,
  publishRate: null,
  slowPolicy: 'disconnect',
  from: true,
  payloadFault: null,
  receipts: false,
}

/** The first type in file order whose pattern fits, or undefined: then the room is unknown. */
export function roomTypeOf(types: readonly RoomType[], room: string): RoomType | undefined {
  return types.find((type) => matchesRoom(type.pattern, room))
}
