import { Injectable } from '@nestjs/common'
import type { RoomTick } from '@gatehouse/protocol/rest'
import { KnownRooms } from '../rooms/known-rooms.js'
import { subjectOf } from './system-rooms.js'
import { TickSource } from './tick-source.js'

/** `sys:room:<name>`: one room while it is watched. */
@Injectable()
export class RoomTicks extends TickSource {
  constructor(private readonly rooms: KnownRooms) {
    super()
  }

  override serves(room: string): boolean {
    return subjectOf(room)?.about === 'room'
  }

  override async tick(room: string, at: number): Promise<RoomTick | null> {
    const known = this.rooms.find(subjectOf(room)?.id ?? '')
    return known === undefined ? null : { at, room: await this.rooms.detail(known) }
  }
}
