import { limits, type GivenRoom, type JoinItem, type Position } from '@gatehouse/protocol'
import type { Connection } from '../connections/connection.js'
import type { JoinedResult } from '../rooms/joined.js'
import type { Entrance, Joiner } from '../rooms/joiner.js'
import type { Clock } from '../ports/clock.js'
import type { RecoveryBudget } from '../rooms/recovery.js'
import type { RoomPolicy } from '../rights/room-policy.js'

/** A connecting client waits no longer than this for its own rooms; it can join those not ready by then itself. */
const WAIT_MS = 2_000

/** Joins connections to their users' own rooms when they connect. */
export class OwnRooms {
  constructor(
    private readonly clock: Clock,
    private readonly policy: RoomPolicy,
    private readonly joiner: Joiner,
  ) {}

  /**
   * Joins the rooms that can be joined, all in the turn of `done`, so that no message comes before the answer that
   * names its room. The others are left out. Joins nothing where the answer is no longer wanted by then.
   *
   * @param since up to where each room was read, by its name
   */
  join(
    c: Connection,
    since: Readonly<Record<string, Position>> | undefined,
    isWanted: () => boolean,
    done: (rooms: readonly GivenRoom[]) => void,
  ): void {
    const rooms = c.user === null ? [] : this.policy.ownRooms(c.user)
    if (rooms.length === 0) {
      done([])
      return
    }
    const entrances: (Entrance | null)[] = rooms.map(() => null)
    let missing = rooms.length
    let isOver = false
    const finish = (): void => {
      isOver = true
      stopWaiting()
      const budget: RecoveryBudget | null = isWanted() ? { bytes: limits.recoveryReplyBytes } : null
      done(entrances.flatMap((enter) => (enter === null ? [] : given(enter(budget)))))
    }
    const stopWaiting = this.clock.after(WAIT_MS, finish)
    for (const [at, room] of rooms.entries()) {
      this.joiner.ready(c, itemOf(room, since), (enter) => {
        if (isOver) {
          enter(null)
          return
        }
        entrances[at] = enter
        missing -= 1
        if (missing === 0) finish()
      })
    }
  }
}

function itemOf(room: string, since: Readonly<Record<string, Position>> | undefined): JoinItem {
  const position = since !== undefined && Object.hasOwn(since, room) ? since[room] : undefined
  return position === undefined ? { room } : { room, since: position }
}

function given({ room, ok }: JoinedResult): GivenRoom[] {
  if (ok === undefined) return []
  const { room: state, ...place } = ok.toJSON()
  return [{ room, state, ...place }]
}
