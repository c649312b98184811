import { isRoomName, matchesRoom } from '@gatehouse/protocol'
import type { HistoryLimits } from '../ports/history.js'

export type RoomKind = 'ephemeral' | 'recoverable' | 'latest'
export type SlowPolicy = 'disconnect' | 'drop_oldest' | 'conflate'

/** Where a payload does not fit its room's schema first. */
export interface PayloadFault {
  /** JSON pointer into the payload, empty for the whole of it; holds keys, never values. */
  readonly path: string
  /** What must be so there, such as `must be string`; never what was there instead. */
  readonly message: string
}

/** `asked`: told to whoever asks; `pushed`: changes are told to the members too. */
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
  /** Finds the first fault of a payload; undefined where it fits. Null: any payload does. */
  readonly payloadFault: ((payload: unknown) => PayloadFault | undefined) | null
  /** Whether members confirm what they received. */
  readonly receipts: boolean
}

const BYTES = new Uint8Array()

/** Finds the first fault of what is about to be published; a type with a schema takes no bytes, whatever they are. */
export function payloadFaultOf(
  { payloadFault }: RoomType,
  { data, data64 }: { readonly data?: unknown; readonly data64?: string | undefined },
): PayloadFault | undefined {
  return payloadFault?.(data64 === undefined ? data : BYTES)
}

/** A payload's fault in words that follow `the payload does not fit`. */
export function payloadFaultInWords({ path, message }: PayloadFault): string {
  return path === '' ? `: ${message}` : ` at ${path}: ${message}`
}

/** What every room is when no configuration file names types. */
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

/** Whether rooms of the pattern can be users' own: one segment is wild and stands for the user. */
export function isOwnPattern(pattern: string): boolean {
  const wild = pattern.split(':').filter((segment) => segment.includes('*'))
  return wild.length === 1 && wild[0] === '*'
}

/** The room of the type that is a user's own; undefined where the type has none, or none for a user of this name. */
export function ownRoomOf({ own, pattern }: RoomType, user: string): string | undefined {
  if (!own || user.includes(':')) return undefined
  const room = pattern
    .split(':')
    .map((segment) => (segment === '*' ? user : segment))
    .join(':')
  return isRoomName(room) ? room : undefined
}
