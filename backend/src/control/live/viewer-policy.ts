import type { Connection } from '../../realtime/connections/connection.js'
import { Grant, rightsOf } from '../../realtime/rights/grant.js'
import { RoomPolicy } from '../../realtime/rights/room-policy.js'
import type { RoomType } from '../../realtime/room-types/room-type.js'
import type { Caller } from '../access/caller.js'
import { isKnownSystemRoom, subjectOf, systemRoomType } from './system-rooms.js'
import type { ViewerTokens } from './viewer-tokens.js'

/** System rooms only. A caller with `read` may watch them; for one room's stream its patterns must match the room. */
export class ViewerPolicy extends RoomPolicy {
  constructor(private readonly tokens: ViewerTokens) {
    super([])
  }

  override typeOf(room: string): RoomType | undefined {
    return isKnownSystemRoom(room) ? systemRoomType : undefined
  }

  override decide(connection: Connection, room: string): Grant {
    const { token } = connection
    const caller = this.tokens.callerOf(token)
    const mayJoin = token !== null && caller !== undefined && isKnownSystemRoom(room) && mayWatch(caller, room)
    return new Grant(room, mayJoin ? rightsOf(['join']) : 0, token?.expiresAt ?? 0)
  }
}

function mayWatch(caller: Caller, room: string): boolean {
  if (!caller.can('read')) return false
  const subject = subjectOf(room)
  return subject?.about !== 'room' || caller.reaches(subject.id)
}
