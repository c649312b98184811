import { chatRooms, gameRooms, lines, quietRooms } from '../cast.ts'
import { pick, type Actor } from '../scene.ts'

/** Sits in a chat room or two and says something now and then. */
export const talker: Actor = async (scene, index) => {
  await scene.wait(0, 4000)
  const connection = scene.connect(index)
  const rooms = [...new Set([pick(chatRooms, index), pick(chatRooms, index * 7 + 1)])]
  for (const room of rooms) await connection.join(room)
  for (;;) {
    await scene.wait(2000, 15_000)
    if (connection.state === 'closed') return
    const room = pick(rooms)
    if (connection.rooms.includes(room)) await connection.publish(room, { text: pick(lines) }).catch(() => {})
  }
}

/** Sends small positions often. */
export const player: Actor = async (scene, index) => {
  await scene.wait(0, 4000)
  const connection = scene.connect(index)
  const room = pick(gameRooms, index)
  await connection.join(room)
  while (connection.rooms.includes(room)) {
    await scene.wait(300, 900)
    const place = { x: Math.round(Math.random() * 500), y: Math.round(Math.random() * 300) }
    await connection.publish(room, place).catch(() => {})
  }
}

/** Only reads. */
export const idler: Actor = async (scene, index) => {
  await scene.wait(0, 5000)
  const connection = scene.connect(index)
  await connection.join(pick(quietRooms, index))
  await scene.wait(3_600_000)
}

/** Comes, looks around, leaves in one of the ways that clients leave, comes again. */
export const wanderer: Actor = async (scene, index) => {
  for (;;) {
    await scene.wait(500, 20_000)
    const connection = scene.connect(index)
    await connection.join(pick(chatRooms))
    await scene.wait(5000, 60_000)
    connection.close()
  }
}

/** Never refreshes its token. */
export const forgetful: Actor = async (scene, index) => {
  for (;;) {
    await scene.wait(1000, 10_000)
    const connection = scene.connect(index, { ttlSeconds: 40, canRefresh: false })
    await connection.join(pick(quietRooms))
    await scene.wait(100_000)
    connection.close()
  }
}

/** Feeds the ticker with more than a stalled client can hold. */
export const ticker: Actor = async (scene) => {
  for (;;) {
    await scene.wait(90, 110)
    const data = { at: Date.now(), prices: Array.from({ length: 700 }, () => Math.round(Math.random() * 10_000)) }
    await scene.rest.post('/v1/rooms/ticker:prices/publish', { data }).catch(() => {})
  }
}
