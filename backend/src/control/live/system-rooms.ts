import type { RoomType } from '../../realtime/room-types/room-type.js'

/** Rooms by which the control room shows itself. What follows the prefix is an id or a room's name. */
export const systemRooms = {
  stats: 'sys:stats',
  connections: 'sys:connections',
  connection: 'sys:connection:',
  room: 'sys:room:',
  operation: 'sys:operation:',
} as const

/** Only the newest sample matters, so a slow dashboard skips the ones between. */
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

/** What a room about one thing is about; null for all others. */
export function subjectOf(
  room: string,
): { readonly about: 'connection' | 'room' | 'operation'; readonly id: string } | null {
  for (const about of ['connection', 'room', 'operation'] as const) {
    const prefix = systemRooms[about]
    if (room.startsWith(prefix) && room.length > prefix.length) return { about, id: room.slice(prefix.length) }
  }
  return null
}
