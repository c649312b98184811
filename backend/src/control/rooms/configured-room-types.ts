import type { RoomType } from '../../realtime/room-types/room-type.js'

/** The room types of the configuration file, in its order. */
export class ConfiguredRoomTypes {
  constructor(readonly all: readonly RoomType[]) {}
}
