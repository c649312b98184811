import { matchesRoom } from '@gatehouse/protocol'
import type { Retention } from './ports/history.js'

export type RoomKind = 'ephemeral' | 'recoverable' | 'latest'
export type SlowPolicy = 'disconnect' | 'drop_oldest' | 'conflate'

/** Options for the rooms whose name matches a pattern. */
export interface RoomType {
  readonly pattern: string
  readonly kind: RoomKind
  /** How much is kept; null for `ephemeral`, one message for `latest`. */
  readonly history: Retention | null
  readonly presence: boolean
  /** Most members; null: no limit. */
  readonly memberLimit: number | null
  /** Messages a second from all clients together; null: no limit of its own. */
  readonly publishRate: number | null
  readonly slowPolicy: SlowPolicy
  /** Whether messages say who published them. */
  readonly from: boolean
}

/** What every room is when no configuration file names types. */
export const builtInRoomType: RoomType = {
  pattern: '**',
  kind: 'ephemeral',
  history: null,
  presence: true,
  memberLimit: null,
  publishRate: null,
  slowPolicy: 'disconnect',
  from: true,
}

/** The first type in file order whose pattern fits, or undefined: then the room is unknown. */
export function roomTypeOf(types: readonly RoomType[], room: string): RoomType | undefined {
  return types.find((type) => matchesRoom(type.pattern, room))
}
