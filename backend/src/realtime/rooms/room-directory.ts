import type { Books } from '../books/books.js'
import type { Bus } from '../ports/bus.js'
import type { Clock } from '../ports/clock.js'
import type { RoomStates } from '../ports/room-state.js'
import { failed, type Answer } from '../replies/answer.js'
import { refusals } from '../rights/refusals.js'
import type { RoomPolicy } from '../rights/room-policy.js'
import { Room, ROOM_KEPT_MS } from './room.js'
import type { RoomRest } from './room-rest.js'
import type { SendOut } from './send-out.js'

/** A reply waits no longer than this for the bus to bring its message. */
const LATE_REPLY_MS = 2_000

export interface RoomDirectoryParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly roomStates: RoomStates
  readonly policy: RoomPolicy
  readonly books: Books
  readonly sendOut: SendOut
  readonly rest: RoomRest
  /** 0: no limit. */
  readonly maxRooms: number
}

/** All rooms of a hub: opens them, subscribes them to the bus and forgets them. */
export class RoomDirectory {
  readonly rooms: ReadonlyMap<string, Room>
  readonly #rooms = new Map<string, Room>()
  readonly #parts: RoomDirectoryParts

  constructor(parts: RoomDirectoryParts) {
    this.#parts = parts
    this.rooms = this.#rooms
    parts.bus.onMessage((name, message) => {
      const room = this.#rooms.get(name)
      if (room !== undefined && room.receive(message)) parts.sendOut.schedule(room)
    })
  }

  /** The room, opened if need be; an error where no such room may exist or the node has its most. */
  obtain(name: string): Answer<Room> {
    const known = this.#rooms.get(name)
    if (known !== undefined) return { ok: known }
    const { policy, clock, rest, books, maxRooms } = this.#parts
    const type = policy.typeOf(name)
    if (type === undefined) return { error: refusals.unknownRoom }
    if (maxRooms > 0 && this.#rooms.size >= maxRooms) {
      return failed('unavailable', `the node has reached its limit of ${maxRooms} rooms`, ROOM_KEPT_MS)
    }
    const room = new Room(name, type, books.ofType(type.pattern), { clock, rest })
    this.#rooms.set(name, room)
    return { ok: room }
  }

  /** Calls back once the room's messages arrive here (`true`), or when that failed; at once if they already do. */
  whenLive(room: Room, then: (isLive: boolean) => void): void {
    if (!room.awaitLive(then)) return
    this.#parts.bus.subscribe(room.name, (position) => {
      if (position === null) room.end()
      else {
        room.begin(position)
        this.#parts.sendOut.schedule(room)
      }
      room.tellWaiting(position !== null)
      this.restIfEmpty(room)
    })
  }

  /** Ends the subscription of a room that nobody needs any more. */
  restIfEmpty(room: Room): void {
    if (room.isInUse) return
    room.touch()
    if (room.isHeld || room.phase !== 'live') return
    this.#parts.bus.unsubscribe(room.name)
    room.end()
  }

  /** Runs every `elapsedMs`: late replies, rates, reopened rooms, and rooms that have been unused for 60 s. */
  age(nowMs: number, elapsedMs: number): void {
    const { roomStates } = this.#parts
    for (const room of this.#rooms.values()) {
      room.releaseBefore(nowMs - LATE_REPLY_MS)
      if (room.isHeld && roomStates.closed(room.name) === undefined) {
        room.release()
        this.restIfEmpty(room)
      }
      if (room.isForgettable(nowMs)) this.#rooms.delete(room.name)
      else room.measure(elapsedMs)
    }
  }
}
