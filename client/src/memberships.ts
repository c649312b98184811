import type { JoinItem, JoinOk, MessageFrame, Position } from '@gatehouse/protocol'
import { callGuarded, type Gap } from './events.js'
import type { RoomHandlers } from './options.js'

interface Wanted {
  handlers: RoomHandlers
  position: Position | undefined
}

/** The rooms the application wants to be in, and how far each was read. Outlives every single connection. */
export class Memberships {
  readonly #wanted = new Map<string, Wanted>()

  constructor(private readonly onGap: (gap: Gap) => void) {}

  get rooms(): readonly string[] {
    return [...this.#wanted.keys()]
  }

  has(room: string): boolean {
    return this.#wanted.has(room)
  }

  want(room: string, handlers: RoomHandlers): void {
    this.#wanted.set(room, { handlers, position: this.#wanted.get(room)?.position })
  }

  forget(room: string): void {
    this.#wanted.delete(room)
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
    const before = wanted.position
    callGuarded(wanted.handlers.onJoined?.bind(wanted.handlers), ok)
    if (ok.recovered === true) for (const message of ok.messages ?? []) this.message({ ...message, room })
    wanted.position = { epoch: ok.epoch, offset: ok.offset }
    if (ok.recovered !== false || before === undefined) return
    const count = ok.missed ?? (before.epoch === ok.epoch ? ok.offset - before.offset : undefined)
    if (count !== 0) this.gap({ room, count, cause: ok.reason })
  }

  message(frame: MessageFrame): void {
    const wanted = this.#wanted.get(frame.room)
    if (wanted === undefined) return
    const epoch = frame.epoch ?? wanted.position?.epoch
    if (epoch !== undefined) wanted.position = { epoch, offset: frame.offset }
    callGuarded(wanted.handlers.onMessage?.bind(wanted.handlers), frame)
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
    this.#wanted.delete(room)
    callGuarded(handlers?.onLeft?.bind(handlers), reason)
  }
}
