import type { Connection } from '../connections/connection.js'
import { Grant } from './grant.js'
import type { RoomPolicy } from './room-policy.js'

/** Grants one connection keeps beside those of its memberships. */
const KEPT = 128

/** Decides what connections may do in rooms, and remembers it on the connection until its token changes. */
export class Grants {
  constructor(private readonly policy: RoomPolicy) {}

  /** What was decided before: by a join, or by an earlier publish. Undefined: not yet. */
  stored(c: Connection, room: string): Grant | undefined {
    return c.memberships.get(room)?.grant ?? c.grants?.get(room)
  }

  /** The stored grant, or a new decision, stored in the place of the oldest of 128. Never throws. */
  of(c: Connection, room: string): Grant {
    const stored = this.stored(c, room)
    if (stored !== undefined) return stored
    const grant = this.policy.decide(c, room)
    c.grants ??= new Map()
    if (c.grants.size >= KEPT) {
      const [oldest] = c.grants.keys()
      if (oldest !== undefined) c.grants.delete(oldest)
    }
    c.grants.set(room, grant)
    return grant
  }

  /** The membership holds the grant from now on. */
  forget(c: Connection, room: string): void {
    c.grants?.delete(room)
    if (c.grants?.size === 0) c.grants = null
  }

  /** A decision as of now, not stored. */
  decide(c: Connection, room: string): Grant {
    return this.policy.decide(c, room)
  }
}
