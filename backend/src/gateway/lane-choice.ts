import type { Request } from '@gatehouse/protocol'
import type { Connection } from '../realtime/connections/connection.js'
import type { Grant } from '../realtime/rights/grant.js'
import type { DataRequest } from './data-lane.js'

/**
 * Whether the data lane serves a frame, at once; else the control lane does, through Nest. A publish without a stored
 * grant takes the control lane, where the guard stores one.
 */
export function takesDataLane(request: Request, grant: Grant | undefined): request is DataRequest {
  if (request.event === 'ping' || request.event === 'ack') return true
  return request.event === 'publish' && grant !== undefined
}

/**
 * The stored grant that lets a publish take the data lane. It is looked up once, here, and handed on.
 *
 * @param forceControlRoad every publish takes the control lane
 */
export function publishGrantOf(request: Request, connection: Connection, forceControlRoad: boolean): Grant | undefined {
  if (request.event !== 'publish' || forceControlRoad) return undefined
  return connection.grantIn(request.data.room)
}
