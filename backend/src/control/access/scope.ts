import type { Connection } from '../../realtime/connections/connection.js'
import type { Hub } from '../../realtime/hub.js'
import { forbidden } from '../http/problem.js'
import type { Caller } from './caller.js'

/** Whether a connection is in a room that the caller's patterns reach. */
function reachesConnection(caller: Caller, connection: Connection): boolean {
  if (caller.rooms === null) return true
  for (const room of connection.memberships.keys()) if (caller.reaches(room)) return true
  return false
}

/** Refuses to act on a connection that is in none of the caller's rooms. */
export function demandConnectionInReach(caller: Caller, connection: Connection): void {
  if (reachesConnection(caller, connection)) return
  throw forbidden(`The connection ${connection.id} is in no room that the patterns of ${caller.name} match.`)
}

/** Refuses to act on a user who is in none of the caller's rooms now. */
export function demandUserInReach(caller: Caller, hub: Hub, user: string): void {
  if (caller.rooms === null) return
  for (const connection of hub.connections.values()) {
    if (connection.user === user && reachesConnection(caller, connection)) return
  }
  throw forbidden(`The user ${user} is in no room that the patterns of ${caller.name} match.`)
}
