import type { GivenRoom, JoinItem, JoinOk, MessageFrame, Position, Push, RecoveryFailure } from '@gatehouse/protocol'
import { Audience } from './audience.js'
import { withBytes } from './codec.js'
import type { Gap, Joined, Recovered } from './events.js'
import type { PresenceChange, RoomHandlers, RoomMessage } from './options.js'
import { isRead, type Wanted } from './wanted.js'

/** What is reported for all rooms. */
export interface MembershipEvents {
  onJoined(joined: Joined): void
  onGap(gap: Gap): void
  onRecovered(recovered: Recovered): void
  /** A room is no longer read from the former link. */
  onFormerDone(): void
}

/** The rooms the application wants to be in, and how far each was read. Outlives every single link. */
export class Memberships {
  readonly audience = new Audience()
  readonly #wanted = new Map<string, Wanted>()

  constructor(private readonly events: MembershipEvents) {}

  get rooms(): readonly string[] {
    return [...this.#wanted.keys()]
  }
  get isReadingFormer(): boolean {
    return [...this.#wanted.values()].some(({ readsFormer }) => readsFormer)
  }
  /** Rooms that the present link has not joined yet. */
  get absent(): readonly string[] {
    return this.rooms.filter((room) => this.#wanted.get(room)?.isMember !== true)
  }

  has(room: string): boolean {
    return this.#wanted.has(room)
  }

  isMember(room: string): boolean {
    return this.#wanted.get(room)?.isMember === true
  }

  /** How far the room was read. */
  position(room: string): Position | undefined {
    return this.#wanted.get(room)?.position
  }

  /** `handlers` replace those given before. */
  want(room: string, handlers: RoomHandlers | undefined, since?: Position): Wanted {
    const wanted = this.#wanted.get(room) ?? {
      handlers,
      position: since,
      isMember: false,
      isKept: false,
      readers: 0,
      given: undefined,
      held: [],
      readsFormer: false,
      waiting: undefined,
    }
    if (handlers !== undefined) wanted.handlers = handlers
    this.#wanted.set(room, wanted)
    return wanted
  }

  forget(room: string): void {
    if (this.#wanted.delete(room)) this.events.onFormerDone()
  }

  /** Whether only loops wanted the room, and the last of them is gone. */
  isUnread(room: string, wanted: Wanted): boolean {
    return this.#wanted.get(room) === wanted && wanted.readers === 0 && !wanted.isKept
  }

  /** What to ask for, with the position read so far where there is one. */
  item(room: string): JoinItem {
    const since = this.position(room)
    return since === undefined ? { room } : { room, since }
  }

  /** A new link: nothing is joined there, and messages it brings for a room wait until the join is answered. */
  leaveLink(): void {
    for (const wanted of this.#wanted.values()) {
      wanted.isMember = false
      wanted.held = []
      wanted.given = undefined
    }
  }

  /** The server joined these by itself. A room that was read before is also joined by request, for what was missed. */
  give(rooms: readonly GivenRoom[]): void {
    for (const { room, state, ...given } of rooms) {
      const ok = { ...given, room: state }
      const wanted = this.#wanted.get(room)
      if (wanted !== undefined) wanted.given = ok
      else {
        this.want(room, undefined).isKept = true
        this.joined(room, ok, true)
      }
    }
  }

  /** True where a refused join does not matter, because the server had joined the room by itself. */
  fallBack(room: string): boolean {
    const given = this.#wanted.get(room)?.given
    if (given !== undefined) this.joined(room, { ...given, recovered: false, reason: 'not_authorized' }, true)
    return given !== undefined
  }

  joined(room: string, ok: JoinOk, isGiven = false): void {
    const wanted = this.#wanted.get(room)
    if (wanted === undefined) return
    const { epoch, offset } = ok
    const wasMember = wanted.isMember
    wanted.isMember = true
    this.audience.tell(room, wanted.handlers, 'onJoined', ok)
    this.events.onJoined({ room, epoch, offset, isGiven: isGiven || wanted.given !== undefined })
    const before = wanted.position
    const isSameEpoch = before?.epoch === epoch
    const isBehind = before !== undefined && !(isSameEpoch && before.offset >= offset)
    if (ok.recovered === false && wanted.readsFormer && isSameEpoch && isBehind) {
      wanted.waiting = { begin: { epoch, offset }, cause: ok.reason }
      return
    }
    const messages = ok.recovered === false ? [] : (ok.messages ?? [])
    const missed = isSameEpoch ? messages.filter((message) => message.offset > before.offset) : messages
    for (const message of missed) this.#deliver(wanted, { ...message, room }, epoch)
    // The former link may have been ahead of this reply.
    if (!isSameEpoch || isBehind) wanted.position = { epoch, offset }
    this.#stopReadingFormer(wanted)
    if (ok.recovered === true && before !== undefined && !wasMember) this.#recovered({ room, count: missed.length })
    if (ok.recovered === false && isBehind) this.#missing(room, ok.reason, ok.missed, before, { epoch, offset })
    this.#release(wanted)
  }

  message(frame: MessageFrame): void {
    const wanted = this.#wanted.get(frame.room)
    if (wanted?.held !== undefined) wanted.held.push(frame)
    else if (wanted !== undefined && !isRead(wanted.position, frame)) this.#deliver(wanted, frame)
  }

  /** From now on there is also a former link. For each room it is read until the next link has joined the room too. */
  keepReadingFormer(): void {
    // A former link that had not joined the room begins beyond the position, and would leave a gap.
    for (const wanted of this.#wanted.values()) wanted.readsFormer = wanted.isMember
  }

  /** Of what the former link brings, only messages and gaps still count. The next link reports everything else. */
  formerPush(push: Push): void {
    if (push.event === 'message' && push.room !== undefined) this.#formerMessage(push)
    else if (push.event === 'gap' && this.#wanted.get(push.room)?.readsFormer === true) this.#gap(push)
  }

  /** The former link is gone: what it has not brought by now is missing. */
  stopReadingFormer(): void {
    for (const [room, wanted] of this.#wanted) {
      this.#goOn(room, wanted)
      wanted.readsFormer = false
    }
  }

  /** The server reports what it dropped; a later rejoin does not ask for that again. */
  gap(push: Extract<Push, { event: 'gap' }>): void {
    const { room, epoch, to } = push
    const wanted = this.#wanted.get(room)
    if (wanted?.position?.epoch === epoch && wanted.held === undefined && to > wanted.position.offset)
      wanted.position = { epoch, offset: to }
    this.#gap(push)
  }

  presence(room: string, change: PresenceChange): void {
    this.audience.tell(room, this.#wanted.get(room)?.handlers, 'onPresence', change)
  }

  left(room: string, reason: string): void {
    const handlers = this.#wanted.get(room)?.handlers
    this.forget(room)
    this.audience.tell(room, handlers, 'onLeft', reason)
  }

  #formerMessage(frame: MessageFrame): void {
    const wanted = this.#wanted.get(frame.room)
    if (wanted === undefined || !wanted.readsFormer || isRead(wanted.position, frame)) return
    this.#deliver(wanted, frame)
    const { position, waiting } = wanted
    if (waiting === undefined || position === undefined) return
    if (position.epoch !== waiting.begin.epoch || position.offset >= waiting.begin.offset)
      this.#goOn(frame.room, wanted)
  }

  #deliver(wanted: Wanted, frame: MessageFrame, epochHere = wanted.position?.epoch): void {
    // A handler that was called earlier may have left the room.
    if (this.#wanted.get(frame.room) !== wanted) return
    const epoch = frame.epoch ?? epochHere
    if (epoch !== undefined) wanted.position = { epoch, offset: frame.offset }
    this.audience.tell(frame.room, wanted.handlers, 'onMessage', {
      ...withBytes(frame),
      ...(epoch && { epoch }),
    } as RoomMessage)
  }

  /** Hands on what waited for the former link, after reporting what that link did not bring. */
  #goOn(room: string, wanted: Wanted): void {
    if (wanted.waiting === undefined) return
    const { begin, cause } = wanted.waiting
    wanted.waiting = undefined
    const before = wanted.position
    if (before?.epoch !== begin.epoch || before.offset < begin.offset) {
      wanted.position = begin
      this.#missing(room, cause, undefined, before, begin)
    }
    this.#release(wanted)
    this.#stopReadingFormer(wanted)
  }

  #release(wanted: Wanted): void {
    const held = wanted.held ?? []
    wanted.held = undefined
    for (const frame of held) this.message(frame)
  }

  #missing(
    room: string,
    cause: RecoveryFailure,
    missed: number | undefined,
    before: Position | undefined,
    now: Position,
  ): void {
    const count = before?.epoch === now.epoch ? now.offset - before.offset : missed
    if (count !== 0) this.#gap({ room, count, cause })
  }

  #gap({ room, count, cause }: Gap): void {
    const gap = { room, count, cause }
    this.audience.tell(room, this.#wanted.get(room)?.handlers, 'onGap', gap)
    this.events.onGap(gap)
  }

  #recovered(recovered: Recovered): void {
    this.audience.tell(recovered.room, this.#wanted.get(recovered.room)?.handlers, 'onRecovered', recovered)
    this.events.onRecovered(recovered)
  }

  #stopReadingFormer(wanted: Wanted): void {
    if (!wanted.readsFormer) return
    wanted.readsFormer = false
    this.events.onFormerDone()
  }
}
