import type { Request } from '@gatehouse/protocol'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Injectable } from '@nestjs/common'
import { chargeRate } from '../charge-rate.js'
import { ProtocolError } from '../protocol-error.js'
import { socketOf } from '../socket-of.js'

type RoomRequest = Extract<Request, { event: 'join' | 'publish' | 'presence' | 'history' }>

/**
 * Decides what the connection may do in the rooms of a frame and stores it as grants, which the core and the data lane
 * then hold it to. Refuses a frame about one room where the right is missing; a join is answered room by room, and its
 * refusals are counted, by the core.
 */
@Injectable()
export class RoomGuard implements CanActivate {
  canActivate(host: ExecutionContext): boolean {
    const { context, connection } = socketOf(host)
    const frame = host.switchToWs().getData<RoomRequest>()
    if (frame.event === 'join') {
      for (const { room } of 'rooms' in frame.data ? frame.data.rooms : [frame.data])
        context.hub.grants.of(connection, room)
      return true
    }
    const refusal = context.hub.grants.refusal(connection, frame.data.room, frame.event)
    if (refusal === undefined) return true
    // A refused frame never reaches the interceptor, yet must cost what a served one costs.
    chargeRate(context.hub, connection, frame)
    throw new ProtocolError(refusal.code, refusal.message)
  }
}
