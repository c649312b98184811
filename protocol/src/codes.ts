/** Why a request was answered with an error. The list is closed; the connection stays open. */
export const replyErrorCodes = [
  'bad_request',
  'unknown_event',
  'not_authenticated',
  'forbidden',
  'unknown_room',
  'room_closed',
  'room_full',
  'too_many_rooms',
  'not_member',
  'rate_limited',
  'too_large',
  'key_conflict',
  'unknown_outcome',
  'not_available',
  'unavailable',
  'internal',
] as const
export type ReplyErrorCode = (typeof replyErrorCodes)[number]

/** Subprotocols of this version: JSON in text messages, MessagePack in binary ones. */
export const JSON_SUBPROTOCOL = 'gatehouse.v1.json'
export const MSGPACK_SUBPROTOCOL = 'gatehouse.v1.msgpack'
export const subprotocols = [JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL] as const
export type Subprotocol = (typeof subprotocols)[number]
/** A subprotocol offer that carries a token: never selected, never echoed. */
export const BEARER_SUBPROTOCOL_PREFIX = 'bearer.'
/** Number of the protocol, as `connect` answers it. */
export const PROTOCOL_VERSION = 1

/** Why a `since` could not be answered with what was missed. */
export const recoveryFailures = [
  'epoch_changed',
  'trimmed',
  'expired',
  'over_limit',
  'history_off',
  'not_authorized',
  'bus_unavailable',
] as const
export type RecoveryFailure = (typeof recoveryFailures)[number]

/** The possible results of a `since`. */
export const recoveryResults = ['recovered', ...recoveryFailures] as const
export type RecoveryResult = (typeof recoveryResults)[number]

/** Why a delivery was dropped instead of written. */
export const dropCauses = ['slow_consumer', 'conflated', 'node_budget'] as const
export type DropCause = (typeof dropCauses)[number]

/** Why the server ended a membership, as the `left` push says it. */
export const leftReasons = ['policy_changed', 'expired', 'removed'] as const
export type LeftReason = (typeof leftReasons)[number]

/** What a token may allow in a room. */
export const rights = ['join', 'publish', 'presence', 'history'] as const
export type Right = (typeof rights)[number]

/**
 * Whether a client may reconnect after a close with this code: the range alone decides. 1005 and 1006 are what a
 * client sees when no close frame came.
 */
export function mayReconnect(code: number): boolean {
  return (
    code === 1001 ||
    code === 1005 ||
    code === 1006 ||
    (code >= 1011 && code <= 1013) ||
    (code >= 3000 && code <= 3499) ||
    (code >= 4000 && code <= 4499)
  )
}
