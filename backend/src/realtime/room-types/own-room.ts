import { isRoomName } from '@gatehouse/protocol'
import type { RoomType } from './room-type.js'

/** Whether rooms of the pattern can be users' own: one segment is wild and stands for the user. */
export function isOwnPattern(pattern: string): boolean {
  const wild = pattern.split(':').filter((segment) => segment.includes('*'))
  return wild.length === 1 && wild[0] === '*'
}

/** The room of the type that is a user's own; undefined where the type has none, or none for a user of this name. */
export function ownRoomOf({ own, pattern }: RoomType, user: string): string | undefined {
  if (!own || user.includes(':')) return undefined
  const room = pattern
    .split(':')
    .map((segment) => (segment === '*' ? user : segment))
    .join(':')
  return isRoomName(room) ? room : undefined
}
