import { Injectable } from '@nestjs/common'
import { isRoomName, isSystemRoom } from '@gatehouse/protocol'
import type { RoomDetail } from '@gatehouse/protocol/rest'
import { Hub } from '../../realtime/hub.js'
import type { HistoryHeld } from '../../realtime/ports/history.js'
import { roomTypeOf } from '../../realtime/room-types/room-type.js'
import { notFound } from '../http/problem.js'
import { ClosedRooms } from '../ports/closed-rooms.js'
import { ConfiguredRoomTypes } from './configured-room-types.js'
import { type KnownRoom, roomDetail } from './room-view.js'

/** All rooms that can be shown: those live on this node and those that operators closed. */
@Injectable()
export class KnownRooms {
  constructor(
    private readonly hub: Hub,
    private readonly types: ConfiguredRoomTypes,
    private readonly closedRooms: ClosedRooms,
  ) {}

  /** The rooms as of now. */
  *all(): Iterable<KnownRoom> {
    for (const live of this.hub.rooms.values()) {
      yield { name: live.name, type: live.type, live, closed: this.closedRooms.closed(live.name) ?? null }
    }
    for (const [name, closed] of this.closedRooms.all()) {
      const type = this.hub.rooms.has(name) ? undefined : roomTypeOf(this.types.all, name)
      if (type !== undefined) yield { name, type, live: null, closed }
    }
  }

  /** One room. Any name that matches a room type is a room, even with no members; undefined if none matches. */
  find(name: string): KnownRoom | undefined {
    if (!isRoomName(name) || isSystemRoom(name)) return undefined
    const live = this.hub.rooms.get(name) ?? null
    const type = live?.type ?? roomTypeOf(this.types.all, name)
    return type === undefined ? undefined : { name, type, live, closed: this.closedRooms.closed(name) ?? null }
  }

  /** One room with all its details. */
  async detail(room: KnownRoom): Promise<RoomDetail> {
    if (room.type.history === null) return roomDetail(room, null)
    const { promise, resolve } = Promise.withResolvers<HistoryHeld | null>()
    this.hub.streams.measure(room.name, resolve)
    return roomDetail(room, await promise)
  }

  /** @throws ProblemError 404 if no room can have the name */
  get(name: string): KnownRoom {
    const room = this.find(name)
    if (room === undefined) throw notFound(`No room type matches the name ${name}, so there is no such room.`)
    return room
  }
}
