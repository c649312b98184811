import type { RoomPolicy } from '../rights/room-policy.js'
import type { Bus, StreamMessage } from '../ports/bus.js'
import type { Clock } from '../ports/clock.js'
import { failed, type Answer } from '../replies/answer.js'
import type { Books } from '../books/books.js'
import type { Connection } from '../connections/connection.js'
import type { Membership } from './membership.js'
import { PresencePushes } from '../presence/presence-pushes.js'
import type { Registry } from '../connections/registry.js'
import { Room } from './room.js'

/** Sending out takes at least this long a turn before it yields, milliseconds. */
const SHORTEST_SLICE_MS = 1
/** And at most this long, however long the turn before was. */
const LONGEST_SLICE_MS = 20
/** How long a room without members keeps its place, as the bus keeps epoch and offset. */
const ROOM_KEPT_MS = 60_000
/** A reply waits no longer than this for the bus to bring its message. */
const LATE_REPLY_MS = 2_000

/** All rooms of a hub: their subscriptions at the bus, and the sending out of what the loop turn collected. */
export class RoomDirectory {
  readonly rooms = new Map<string, Room>()
  readonly presencePushes: PresencePushes
  private dirty: Room[] = []
  private isScheduled = false
  private slicedAtMs = 0

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly policy: RoomPolicy,
    private readonly registry: Registry,
    private readonly books: Books,
    private readonly maxRooms: number,
  ) {
    this.presencePushes = new PresencePushes(clock)
    bus.onMessage((name, message) => this.receive(name, message))
  }

  /** The room, opened if need be; an error where no such room may exist or no more fit. */
  obtain(name: string): Answer<Room> {
    const known = this.rooms.get(name)
    if (known !== undefined) return { ok: known }
    const type = this.policy.typeOf(name)
    if (type === undefined) return failed('unknown_room', 'no room type fits this name')
    if (this.maxRooms > 0 && this.rooms.size >= this.maxRooms) {
      return failed('unavailable', `the node holds its most of ${this.maxRooms} rooms`, ROOM_KEPT_MS)
    }
    const room = new Room(name, type, this.clock, this.books.ofType(type.pattern))
    this.rooms.set(name, room)
    return { ok: room }
  }

  /** Calls back once the room's messages arrive here (`true`), or when that failed. At once if they do already. */
  whenLive(room: Room, then: (isLive: boolean) => void): void {
    if (room.phase === 'live') {
      then(true)
      return
    }
    room.waiting.push(then)
    if (room.phase === 'subscribing') return
    room.phase = 'subscribing'
    this.bus.subscribe(room.name, (position) => {
      if (position === null) room.end()
      else {
        room.begin(position, this.clock.wallMs())
        this.schedule(room)
      }
      const waiting = room.waiting
      room.waiting = []
      for (const each of waiting) each(position !== null)
      this.restIfEmpty(room)
    })
  }

  /** Ends the subscription of a room that nobody needs any more. */
  restIfEmpty(room: Room): void {
    if (room.memberCount > 0 || room.waiting.length > 0 || room.joins > 0) return
    room.usedAtMs = this.clock.nowMs()
    if (room.isHeld || room.phase !== 'live') return
    this.bus.unsubscribe(room.name)
    room.end()
  }

  /** A member enters: its first live message is the one after the room's offset of now. */
  enter(membership: Membership): void {
    const { connection, room } = membership
    room.admit(membership)
    connection.addMembership(membership)
    this.registry.memberships += 1
    if (room.presence === null) return
    const user = userIn(connection)
    if (user !== null) room.presence.enter(user, connection.token?.info ?? null)
    this.presencePushes.note(room)
  }

  /** A member goes, after it was sent all that the room has taken so far if `isToldAll`. */
  part(membership: Membership, isToldAll: boolean): void {
    const { connection, room } = membership
    if (connection.memberships.get(room.name) !== membership) return
    if (isToldAll) room.catchUp(membership)
    room.remove(membership)
    connection.removeMembership(room.name)
    this.registry.memberships -= 1
    this.books.leaves += 1
    if (room.presence !== null) {
      const user = userIn(connection)
      room.presence.changes?.parted(membership)
      if (user !== null) room.presence.part(user)
      this.presencePushes.note(room)
    }
    this.restIfEmpty(room)
  }

  /** The connection has a new token, which may say something else of its user. */
  renew({ connection, room }: Membership): void {
    const user = userIn(connection)
    if (room.presence === null || user === null) return
    room.presence.renew(user, connection.token?.info ?? null)
    this.presencePushes.note(room)
  }

  /** Sends out all that a room holds, without yielding. */
  flushNow(room: Room): void {
    room.flush.advance(Infinity)
    room.compact()
  }

  /** Makes sure that what the room holds goes out at the end of this turn. */
  schedule(room: Room): void {
    if (!room.isDirty) {
      room.isDirty = true
      this.dirty.push(room)
    }
    if (this.isScheduled) return
    this.isScheduled = true
    this.clock.atTurnEnd(() => this.sendOut())
  }

  /** Once a second: late replies, reopened rooms, and rooms without history that have been of no use for 60 s. */
  age(nowMs: number, isClosed: (room: string) => boolean): void {
    for (const room of this.rooms.values()) {
      if (room.flush.hasWork) room.flush.releaseBefore(nowMs - LATE_REPLY_MS)
      if (room.isHeld && !isClosed(room.name)) {
        room.isHeld = false
        this.restIfEmpty(room)
      }
      if (room.memberCount > 0 || room.waiting.length > 0 || room.joins > 0 || room.isHeld) continue
      if (nowMs - room.usedAtMs >= ROOM_KEPT_MS && nowMs >= room.keptUntilMs) this.rooms.delete(room.name)
    }
  }

  /** In the next turn, or when the room has rested. */
  private goOn(room: Room): void {
    const restMs = room.flush.restMs()
    if (restMs === 0) {
      this.schedule(room)
      return
    }
    room.isDirty = true
    this.clock.after(Math.ceil(restMs), () => {
      room.isDirty = false
      this.schedule(room)
    })
  }

  private receive(name: string, message: StreamMessage): void {
    const room = this.rooms.get(name)
    if (room !== undefined && room.receive(message, this.clock.wallMs())) this.schedule(room)
  }

  /**
   * Sends out the dirty rooms in turn. It gets as much of the loop as everything else had since it last ran, so that
   * neither input nor output starves, and then yields; an unfinished room goes on behind the others.
   */
  private sendOut(): void {
    this.isScheduled = false
    const startedMs = this.clock.nowMs()
    const slice = Math.min(LONGEST_SLICE_MS, Math.max(SHORTEST_SLICE_MS, startedMs - this.slicedAtMs))
    const deadlineMs = startedMs + slice
    const batch = this.dirty
    this.dirty = []
    for (let i = 0; i < batch.length; i += 1) {
      const room = batch[i] as Room
      if (i > 0 && this.clock.nowMs() > deadlineMs) {
        this.dirty.push(room)
        continue
      }
      room.isDirty = false
      const isDone = room.flush.advance(deadlineMs)
      room.compact()
      if (!isDone) this.goOn(room)
    }
    this.slicedAtMs = this.clock.nowMs()
    const [next] = this.dirty
    if (next !== undefined) this.schedule(next)
  }
}

/** Whom presence names for a connection: a service has an API key, which is none of the others' business. */
function userIn({ token, user }: Connection): string | null {
  return token?.service === undefined ? user : null
}
