import type { Request } from '@gatehouse/protocol'
import type { Connection } from '../realtime/connections/connection.js'
import type { Hub } from '../realtime/hub.js'
import { ProtocolError } from './protocol-error.js'

/** Rooms of one join that cost as much as one frame: a client may rejoin all its rooms at once, but not all the time. */
const ROOMS_PER_FRAME = 8

/** What a frame takes from the message rate. */
function rateCost(request: Request): number {
  if (request.event !== 'join' || !('rooms' in request.data)) return 1
  return Math.ceil(request.data.rooms.length / ROOMS_PER_FRAME)
}

export const RATE_MESSAGE = 'too many frames'
export const BYTES_MESSAGE = 'too many bytes'

/** Takes a frame's cost; throws `rate_limited` with the wait when the bucket has too little. */
export function chargeRate(hub: Hub, connection: Connection, request: Request): void {
  const retryAfterMs = hub.limiter.take(connection, rateCost(request))
  if (retryAfterMs > 0) throw new ProtocolError('rate_limited', RATE_MESSAGE, retryAfterMs)
}
