import type { RoomType } from '../../realtime/room-types/room-type.js'

/** The rooms that dashboards watch. An id or a room's name follows the prefix. */
export const systemRooms = {
  stats: 'sys:stats',
  connections: 'sys:connections',
  connection: 'sys:connection:',
  room: 'sys:room:',
  operation: 'sys:operation:',
} as const

/** Only the newest sample matters, so a slow dashboard skips older ones. */
export const systemRoomType: RoomType = {
  pattern: 'sys:**',
  kind: 'latest',
  history: null,
  presence: 'none',
  own: false,
  memberLimit: null,
  publishRate: null,
  slowPolicy: 'conflate',
  from: false,
  payloadFault: null,
  receipts: false,
}

/** Whether a system room of this name exists. */
export function isKnownSystemRoom(room: string): boolean {
  return room === systemRooms.stats || room === systemRooms.connections || subjectOf(room) !== null
}

/** The subject of a system room about one connection, room or operation; null for all others. */
export function subjectOf(
  room: string,
): { readonly about: 'connection' | 'room' | 'operation'; readonly id: string } | null {
  for (const about of ['connection', 'room', 'operation'] as const) {
    const prefix = systemRooms[about]
    if (room.startsWith(prefix) && room.length > prefix.length) return { about, id: room.slice(prefix.length) }
  }
  return null
}
