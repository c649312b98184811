import type { PresenceOk, UserInfo } from '@gatehouse/protocol'
import { PresenceChanges } from './presence-changes.js'
import type { PresenceMode } from '../room-types/room-type.js'
import { isSameInfo, presentUser } from './user-info.js'

/** Users a presence reply names at most, and the bytes they may take in it. */
const MOST_NAMED = 1_000
const MOST_NAMED_BYTES = 262_144

interface Present {
  connections: number
  info: UserInfo | null
}

/** The users in one room on this node, counted as their connections come and go. */
export class RoomPresence {
  /** Null where changes are not pushed. */
  readonly changes: PresenceChanges | null
  readonly #present = new Map<string, Present>()

  constructor(mode: Exclude<PresenceMode, 'none'>) {
    this.changes = mode === 'pushed' ? new PresenceChanges(this) : null
  }

  /** Distinct users. */
  get users(): number {
    return this.#present.size
  }

  /** The user's latest info, null if it has none; undefined: the user is not here. */
  infoOf(user: string): UserInfo | null | undefined {
    return this.#present.get(user)?.info
  }

  /** A connection of the user came; what its token says of the user counts from now on. */
  enter(user: string, info: UserInfo | null): void {
    const known = this.#present.get(user)
    if (known === undefined) this.#present.set(user, { connections: 1, info })
    else known.connections += 1
    if (known === undefined) this.changes?.note(user, undefined)
    else this.renew(user, info)
  }

  /** A connection of the user went. */
  part(user: string): void {
    const known = this.#present.get(user)
    if (known === undefined) return
    known.connections -= 1
    if (known.connections > 0) return
    this.#present.delete(user)
    this.changes?.note(user, known.info)
  }

  /** A connection of the user has a new token. */
  renew(user: string, info: UserInfo | null): void {
    const known = this.#present.get(user)
    if (known === undefined || isSameInfo(known.info, info)) return
    const before = known.info
    known.info = info
    this.changes?.note(user, before)
  }

  /** The answer to `presence`; users who have been here longest come first. */
  answer(count: number): PresenceOk {
    const members: PresenceOk['members'][number][] = []
    let bytes = 0
    for (const [user, { connections, info }] of this.#present) {
      const member = { ...presentUser(user, info), connections }
      bytes += Buffer.byteLength(JSON.stringify(member)) + 1
      if (members.length >= MOST_NAMED || bytes > MOST_NAMED_BYTES) break
      members.push(member)
    }
    return { members, count, users: this.users }
  }
}
