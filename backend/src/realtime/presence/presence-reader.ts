import type { PresenceOk } from '@gatehouse/protocol'
import { failed, type Answer } from '../replies/answer.js'
import type { Connection } from '../connections/connection.js'
import type { Joiner } from '../rooms/joiner.js'
import type { RoomDirectory } from '../rooms/room-directory.js'
import type { RoomPolicy } from '../rights/room-policy.js'

/** Answers who is in a room. */
export class PresenceReader {
  constructor(
    private readonly policy: RoomPolicy,
    private readonly rooms: RoomDirectory,
    private readonly joiner: Joiner,
  ) {}

  read(c: Connection, name: string, done: (answer: Answer<PresenceOk>) => void): void {
    const fault = this.joiner.missingRight(c, name, 'presence')
    if (fault !== undefined) {
      done({ error: fault })
      return
    }
    if ((this.policy.typeOf(name)?.presence ?? 'none') === 'none') {
      done(failed('not_available', 'rooms of this type keep no presence'))
      return
    }
    const room = this.rooms.rooms.get(name)
    const presence = room?.presence ?? null
    if (room === undefined || presence === null) {
      done({ ok: { members: [], count: 0, users: 0 } })
      return
    }
    const membership = c.memberships.get(name)
    if (membership !== undefined) presence.changes?.named(membership, room.memberCount)
    done({ ok: presence.answer(room.memberCount) })
  }
}
