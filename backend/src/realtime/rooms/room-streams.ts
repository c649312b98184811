import type { HistoryData } from '@gatehouse/protocol'
import { BUS_RETRY_MS, failed, type Answer } from '../replies/answer.js'
import type { Connection } from '../connections/connection.js'
import { readHistory, type HistoryOk } from './history-reader.js'
import type { HubPorts } from '../ports/hub-settings.js'
import type { RoomDirectory } from './room-directory.js'
import type { RoomPolicy } from '../rights/room-policy.js'

/** What became of a room whose history was cleared. */
export interface ClearedStream {
  /** The new one, in which nothing was published yet. */
  readonly epoch: string
  /** The former place, where this node knows it. */
  readonly before: { readonly epoch: string; readonly offset: number } | null
  /** How many messages were kept until then; null where the store did not say. */
  readonly messages: number | null
}

/** The streams behind rooms, for those who look after them. */
export class RoomStreams {
  constructor(
    private readonly ports: HubPorts,
    private readonly policy: RoomPolicy,
    private readonly rooms: RoomDirectory,
  ) {}

  /** A page of a room's history, for `c` or, without one, for a service; the caller has checked who may read it. */
  page(query: HistoryData, c: Connection | null, done: (answer: Answer<HistoryOk>) => void): void {
    const type = this.policy.typeOf(query.room)
    if (type?.history === null) {
      done(failed('not_available', 'rooms of this type keep no history'))
      return
    }
    const room = this.rooms.obtain(query.room)
    if (room.error !== undefined) done(room)
    else readHistory(this.ports.history, c, room.ok, query, done)
  }

  /** Forgets what is kept of a room and starts a new epoch; members stay and learn of it by the next message. */
  clear(name: string, done: (answer: Answer<ClearedStream>) => void): void {
    const { bus, clock, history } = this.ports
    if (this.policy.typeOf(name) === undefined) {
      done(failed('unknown_room', 'no room type fits this name'))
      return
    }
    const room = this.rooms.rooms.get(name)
    const before = room === undefined || room.epoch === null ? null : { epoch: room.epoch, offset: room.offset }
    history.measure(name, (held) => {
      bus.clear(name, (position) => {
        if (position === null) {
          done(failed('unavailable', 'the history could not be cleared now', BUS_RETRY_MS))
          return
        }
        this.rooms.rooms.get(name)?.cleared(position, clock.nowMs())
        done({ ok: { epoch: position.epoch, before, messages: held?.messages ?? null } })
      })
    })
  }
}
