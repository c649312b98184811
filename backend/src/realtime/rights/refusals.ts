import type { ReplyError, Right } from '@gatehouse/protocol'

/** Why a request about a room is refused, in the words that clients read. */
export const refusals = {
  notAuthenticated: { code: 'not_authenticated', message: 'the connection has not authenticated' },
  expired: { code: 'not_authenticated', message: 'the token has expired: send refresh' },
  unknownRoom: { code: 'unknown_room', message: 'no room type fits this name' },
  roomClosed: { code: 'room_closed', message: 'the room is closed' },
} as const satisfies Record<string, ReplyError>

export function forbidden(right: Right): ReplyError {
  return { code: 'forbidden', message: `the token does not give ${right} in this room` }
}
