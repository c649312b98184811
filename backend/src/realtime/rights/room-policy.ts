import { isSystemRoom } from '@gatehouse/protocol'
import type { VerifiedToken } from '../ports/token-verifier.js'
import { Grant, grantFromClaims, rightsOf } from './grant.js'
import { roomTypeOf, type RoomType } from '../room-types/room-type.js'
import { ownRoomOf } from '../room-types/own-room.js'

/** Whose rights are asked for. */
export interface TokenHolder {
  readonly token: VerifiedToken | null
  readonly user: string | null
}

/** What users may do in rooms of their own, whatever their token says. */
const OWN_RIGHTS = rightsOf(['join', 'history'])

/** Which rooms exist and what a connection may do in them. The control room's hub brings its own. */
export class RoomPolicy {
  readonly #ownTypes: readonly RoomType[]

  constructor(protected readonly types: readonly RoomType[]) {
    this.#ownTypes = types.filter(({ own }) => own)
  }

  /** The room's type, or undefined: then the room is unknown. System rooms do not exist for clients. */
  typeOf(room: string): RoomType | undefined {
    return isSystemRoom(room) ? undefined : roomTypeOf(this.types, room)
  }

  /** The rooms that are the user's own, in file order. */
  ownRooms(user: string): string[] {
    return this.#ownTypes.flatMap((type) => {
      const room = ownRoomOf(type, user)
      // Where an earlier type fits the name, that type decides what the room is.
      return room === undefined || this.typeOf(room) !== type ? [] : [room]
    })
  }

  /** What the holder's token allows in the room, and more where it is the user's own; nothing without a token. */
  decide({ token, user }: TokenHolder, room: string): Grant {
    if (token === null) return new Grant(room, 0, 0)
    const grant = grantFromClaims(token, room)
    if (this.#ownTypes.length === 0 || user === null || !this.ownRooms(user).includes(room)) return grant
    return new Grant(room, grant.rights | OWN_RIGHTS, grant.expiresAtMs)
  }
}
