import type { JoinItem, JoinResult } from '@gatehouse/protocol'
import type { Answer } from '../realtime/answer.js'
import type { Connection } from '../realtime/connection.js'
import type { Hub } from '../realtime/hub.js'

/** Joins one room, or many with a result for each in the order asked; many are answered once the last is decided. */
export function joinRooms(
  hub: Hub,
  connection: Connection,
  data: JoinItem | { readonly rooms: readonly JoinItem[] },
  done: (answer: Answer<unknown>) => void,
): void {
  if (!('rooms' in data)) {
    hub.join(connection, data, done)
    return
  }
  const results: JoinResult[] = []
  let left = data.rooms.length
  for (const [at, item] of data.rooms.entries()) {
    hub.join(connection, item, ({ ok, error }) => {
      results[at] = error === undefined ? { room: item.room, ok } : { room: item.room, error }
      left -= 1
      if (left === 0) done({ ok: { results } })
    })
  }
}
