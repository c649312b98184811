import type { Bus } from '../ports/bus.js'
import type { History, HistoryHeld } from '../ports/history.js'
import { BUS_RETRY_MS, failed, type Answer } from '../replies/answer.js'
import { refusals } from '../rights/refusals.js'
import type { RoomPolicy } from '../rights/room-policy.js'
import type { RoomDirectory } from './room-directory.js'

/** The result of clearing a room's history. */
export interface ClearedStream {
  /** The new epoch, in which nothing was published yet. */
  readonly epoch: string
  /** The place before, where this node knows it. */
  readonly before: { readonly epoch: string; readonly offset: number } | null
  /** How many messages were kept until then; null where the store did not say. */
  readonly messages: number | null
}

/** The streams behind rooms, for operators and services. */
export class RoomStreams {
  constructor(
    private readonly bus: Bus,
    private readonly history: History,
    private readonly policy: RoomPolicy,
    private readonly rooms: RoomDirectory,
  ) {}

  /** How much is kept of a room; null when the store did not answer. */
  measure(room: string, done: (held: HistoryHeld | null) => void): void {
    this.history.measure(room, done)
  }

  /** Forgets what is kept of a room and starts a new epoch; members stay and learn of it by the next message. */
  clear(name: string, done: (answer: Answer<ClearedStream>) => void): void {
    if (this.policy.typeOf(name) === undefined) {
      done({ error: refusals.unknownRoom })
      return
    }
    const room = this.rooms.rooms.get(name)
    const before = room === undefined || room.epoch === null ? null : { epoch: room.epoch, offset: room.offset }
    this.history.measure(name, (held) => {
      this.bus.clear(name, (position) => {
        if (position === null) {
          done(failed('unavailable', 'the history could not be cleared now', BUS_RETRY_MS))
          return
        }
        this.rooms.rooms.get(name)?.cleared(position)
        done({ ok: { epoch: position.epoch, before, messages: held?.messages ?? null } })
      })
    })
  }
}
