import type { JoinItem, JoinOk, MessageFrame, Position, Push, RecoveryFailure } from '@gatehouse/protocol'
import { callGuarded, type Gap } from './events.js'
import type { RoomHandlers } from './options.js'

interface Wanted {
  handlers: RoomHandlers
  position: Position | undefined
  /** The former link's messages still count. */
  readsFormer: boolean
  /** What waits until the former link has brought everything up to where the next one began. */
  waiting: Waiting | undefined
}

interface Waiting {
  readonly begin: Position
  readonly cause: RecoveryFailure
  readonly held: MessageFrame[]
}

/** The rooms the application wants to be in, and how far each was read. Outlives every single link. */
export class Memberships {
  readonly #wanted = new Map<string, Wanted>()

  constructor(
    private readonly onGap: (gap: Gap) => void,
    /** A room is no longer read from the former link. */
    private readonly onFormerDone: () => void = () => {},
  ) {}

  get rooms(): readonly string[] {
    return [...this.#wanted.keys()]
  }
  get isReadingFormer(): boolean {
    return [...this.#wanted.values()].some(({ readsFormer }) => readsFormer)
  }

  has(room: string): boolean {
    return this.#wanted.has(room)
  }

  want(room: string, handlers: RoomHandlers): void {
    const wanted = this.#wanted.get(room)
    if (wanted !== undefined) wanted.handlers = handlers
    else this.#wanted.set(room, { handlers, position: undefined, readsFormer: false, waiting: undefined })
  }

  forget(room: string): void {
    if (this.#wanted.delete(room)) this.onFormerDone()
  }

  /** What to ask for after a reconnect, with the position read so far where there is one. */
  items(): JoinItem[] {
    return [...this.#wanted].map(([room, { position }]) =>
      position === undefined ? { room } : { room, since: position },
    )
  }

  joined(room: string, ok: JoinOk): void {
    const wanted = this.#wanted.get(room)
    if (wanted === undefined) return
    callGuarded(wanted.handlers.onJoined?.bind(wanted.handlers), ok)
    const before = wanted.position
    const isSameEpoch = before?.epoch === ok.epoch
    const isCompletedByFormer = ok.recovered === false && wanted.readsFormer && isSameEpoch
    if (isCompletedByFormer && before.offset < ok.offset) {
      wanted.waiting = { begin: { epoch: ok.epoch, offset: ok.offset }, cause: ok.reason, held: [] }
      return
    }
    if (ok.recovered === true) {
      for (const message of ok.messages ?? [])
        if (!isSameEpoch || message.offset > before.offset) this.#deliver(wanted, { ...message, room })
    }
    // The former link may have been ahead of this reply.
    wanted.position = { epoch: ok.epoch, offset: isSameEpoch ? Math.max(before.offset, ok.offset) : ok.offset }
    this.#stopReadingFormer(wanted)
    if (ok.recovered !== false || before === undefined || isCompletedByFormer) return
    const count = ok.missed ?? (isSameEpoch ? ok.offset - before.offset : undefined)
    if (count !== 0) this.gap({ room, count, cause: ok.reason })
  }

  message(frame: MessageFrame): void {
    const wanted = this.#wanted.get(frame.room)
    if (wanted?.waiting !== undefined) wanted.waiting.held.push(frame)
    else if (wanted !== undefined && !isRead(wanted.position, frame)) this.#deliver(wanted, frame)
  }

  /** From now on there is a former link besides: it is read, room by room, until the next one has the room too. */
  keepReadingFormer(): void {
    for (const wanted of this.#wanted.values()) wanted.readsFormer = wanted.position !== undefined
  }

  /** Of what the former link brings only messages still count: the rest the next one tells, or told when it joined. */
  formerPush(push: Push): void {
    if (push.event === 'message') this.#formerMessage(push)
    else if (push.event === 'gap' && this.#wanted.get(push.room)?.readsFormer === true) this.gap(push)
  }

  /** The former link is gone: what it has not brought by now is missing. */
  stopReadingFormer(): void {
    for (const [room, wanted] of this.#wanted) {
      if (wanted.waiting !== undefined) this.#goOn(room, wanted, wanted.waiting)
      wanted.readsFormer = false
    }
  }

  gap(gap: Gap): void {
    const handlers = this.#wanted.get(gap.room)?.handlers
    callGuarded(handlers?.onGap?.bind(handlers), gap)
    this.onGap(gap)
  }

  presence(room: string, change: { readonly joined: readonly string[]; readonly left: readonly string[] }): void {
    const handlers = this.#wanted.get(room)?.handlers
    callGuarded(handlers?.onPresence?.bind(handlers), change)
  }

  left(room: string, reason: string): void {
    const handlers = this.#wanted.get(room)?.handlers
    this.forget(room)
    callGuarded(handlers?.onLeft?.bind(handlers), reason)
  }

  #formerMessage(frame: MessageFrame): void {
    const wanted = this.#wanted.get(frame.room)
    if (wanted === undefined || !wanted.readsFormer || isRead(wanted.position, frame)) return
    this.#deliver(wanted, frame)
    const { position, waiting } = wanted
    if (waiting === undefined || position === undefined) return
    if (position.epoch !== waiting.begin.epoch || position.offset >= waiting.begin.offset)
      this.#goOn(frame.room, wanted, waiting)
  }

  #deliver(wanted: Wanted, frame: MessageFrame): void {
    const epoch = frame.epoch ?? wanted.position?.epoch
    if (epoch !== undefined) wanted.position = { epoch, offset: frame.offset }
    callGuarded(wanted.handlers.onMessage?.bind(wanted.handlers), frame)
  }

  #goOn(room: string, wanted: Wanted, { begin, cause, held }: Waiting): void {
    wanted.waiting = undefined
    const before = wanted.position
    if (before?.epoch !== begin.epoch || before.offset < begin.offset) {
      wanted.position = begin
      this.gap({ room, count: before?.epoch === begin.epoch ? begin.offset - before.offset : undefined, cause })
    }
    for (const frame of held) this.message(frame)
    this.#stopReadingFormer(wanted)
  }

  #stopReadingFormer(wanted: Wanted): void {
    if (!wanted.readsFormer) return
    wanted.readsFormer = false
    this.onFormerDone()
  }
}

/** Offsets of one epoch only grow, so what is not beyond the position came before, over whichever link. */
function isRead(position: Position | undefined, { epoch, offset }: MessageFrame): boolean {
  if (position === undefined || (epoch !== undefined && epoch !== position.epoch)) return false
  return offset <= position.offset
}
