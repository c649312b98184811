import { isSystemRoom } from '@gatehouse/protocol'
import type { Connection } from './connection.js'
import { Grant, grantFromClaims } from './grant.js'
import { roomTypeOf, type RoomType } from './room-type.js'

/** Which rooms exist and what a connection may do in them. The control room's hub brings its own. */
export class RoomPolicy {
  constructor(protected readonly types: readonly RoomType[]) {}

  /** The room's type, or undefined: then the room is unknown. System rooms do not exist for clients. */
  typeOf(room: string): RoomType | undefined {
    return isSystemRoom(room) ? undefined : roomTypeOf(this.types, room)
  }

  /** What the connection's token allows in the room; nothing while it has none. */
  decide(connection: Connection, room: string): Grant {
    return connection.token === null ? new Grant(room, 0, 0) : grantFromClaims(connection.token, room)
  }
}
