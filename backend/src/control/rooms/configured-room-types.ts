import type { RoomType } from '../../realtime/room-types/room-type.js'

/** The room types of the configuration file, in its order. */
export class RoomTypes {
  constructor(readonly all: readonly RoomType[]) {}
}
