import type { Request } from '@gatehouse/protocol'
import type { Connection } from '../realtime/connections/connection.js'
import type { DataRequest } from './data-lane.js'

/**
 * Whether the data lane serves a frame, at once; else the control lane does, through Nest. A publish without a stored
 * grant takes the control lane, where the guard stores one.
 *
 * @param forceControlRoad every publish takes the control lane
 */
export function takesDataLane(
  request: Request,
  connection: Connection,
  forceControlRoad: boolean,
): request is DataRequest {
  if (request.event === 'ping' || request.event === 'ack') return true
  if (request.event !== 'publish' || forceControlRoad) return false
  return connection.grantIn(request.data.room) !== undefined
}
