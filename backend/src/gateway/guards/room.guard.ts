import type { Request } from '@gatehouse/protocol'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Injectable } from '@nestjs/common'
import { chargeRate } from '../charge-rate.js'
import { ProtocolError } from '../protocol-error.js'
import { socketOf } from '../socket-of.js'

type RoomRequest = Extract<Request, { event: 'join' | 'publish' | 'presence' | 'history' }>

/**
 * Decides what the connection may do in the rooms of a frame and stores it as grants, which the core and the data lane
 * then enforce. Refuses a publish, presence or history frame whose right is missing. The core answers a join room by
 * room and counts its refusals.
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
    // The core drops what a closing connection asks.
    if (connection.closing !== null) return true
    const refusal = context.hub.grants.refusal(connection, frame.data.room, frame.event)
    if (refusal === undefined) return true
    // A refused frame never reaches the interceptor, but must cost as much as a served one.
    chargeRate(context.hub, connection, frame)
    throw new ProtocolError(refusal.code, refusal.message)
  }
}
