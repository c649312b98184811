import type { Plan } from '@gatehouse/protocol/rest'
import type { OperatedConnection, OperationHub } from '../operation-hub.js'

/** Connections a plan shows as examples. */
const SAMPLE_SIZE = 20

/** What closing `affected` would do to users and rooms, counted now. One pass over the hub's connections. */
export function blastRadius(hub: OperationHub, affected: ReadonlyMap<string, OperatedConnection>): Plan['blast'] {
  const openByUser = new Map<string, number>()
  const hitByUser = new Map<string, number>()
  const hitByRoom = new Map<string, number>()
  let messagesPerSecond = 0
  for (const connection of hub.connections.values()) {
    const isHit = affected.has(connection.id)
    if (connection.user !== null) {
      add(openByUser, connection.user)
      if (isHit) add(hitByUser, connection.user)
    }
    if (!isHit) continue
    messagesPerSecond += connection.health.inRate
    for (const room of connection.memberships.keys()) add(hitByRoom, room)
  }
  return {
    connections: affected.size,
    users: hitByUser.size,
    usersLeftWithNone: countWhere(hitByUser, (user, hits) => hits === openByUser.get(user)),
    roomsEmptied: countWhere(hitByRoom, (room, hits) => hits === hub.rooms.get(room)?.memberCount),
    messagesPerSecond: Math.round(messagesPerSecond * 10) / 10,
  }
}

/** A few of the affected, spread over all of them: the first ones would all have connected at about the same time. */
export function sampleOf(affected: ReadonlyMap<string, OperatedConnection>): Plan['sample'] {
  const step = Math.max(1, affected.size / SAMPLE_SIZE)
  const sample: Plan['sample'] = []
  let index = 0
  for (const c of affected.values()) {
    if (index++ < Math.floor(sample.length * step)) continue
    sample.push({ id: c.id, user: c.user, rooms: c.memberships.size, pendingBytes: c.outbox.queuedBytes })
    if (sample.length === SAMPLE_SIZE) break
  }
  return sample
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function countWhere(counts: Map<string, number>, fits: (key: string, count: number) => boolean): number {
  let found = 0
  for (const [key, count] of counts) if (fits(key, count)) found++
  return found
}
