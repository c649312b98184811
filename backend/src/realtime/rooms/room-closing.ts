import type { Push } from '@gatehouse/protocol'
import { ParcelPerEncoding } from '../encoding/encoding.js'
import type { Clock } from '../ports/clock.js'
import type { ClosedRoom } from '../ports/room-state.js'
import { inSlices } from './in-slices.js'
import type { Memberships } from './memberships.js'
import type { RoomDirectory } from './room-directory.js'

/** Closes and reopens rooms as operators order it. The room states already say so. */
export class RoomClosing {
  constructor(
    private readonly clock: Clock,
    private readonly rooms: RoomDirectory,
    private readonly memberships: Memberships,
  ) {}

  /** Tells the room's members and takes them out; its stream is kept. */
  close(name: string, closed: ClosedRoom): void {
    const room = this.rooms.rooms.get(name)
    if (room === undefined) return
    room.hold()
    const push: Push = {
      event: 'roomClosed',
      room: name,
      reason: closed.reason,
      ...(closed.message === null ? {} : { message: closed.message }),
      ...(closed.reopensAt === null ? {} : { reopensAt: closed.reopensAt }),
    }
    const nowMs = this.clock.nowMs()
    const shared = new ParcelPerEncoding((encoding) => encoding.push(push, nowMs))
    inSlices(this.clock, [...room.members()], (c) => {
      const membership = c.memberships.get(name)
      if (membership === undefined) return
      this.memberships.part(membership, true)
      c.note(this.clock.wallMs(), 'left', `${name} closed`)
      if (c.closing === null) c.outbox.enqueue(shared.in(c.encoding))
    })
  }

  reopen(name: string): void {
    const room = this.rooms.rooms.get(name)
    if (room === undefined) return
    room.release()
    this.rooms.restIfEmpty(room)
  }
}
