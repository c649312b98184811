import { CHAT_ROOMS, GAME_ROOMS, LINES, QUIET_ROOMS } from '../cast.ts'
import { pick, type Actor } from '../scene.ts'

/** Sits in a chat room or two and says something now and then. Three in four confirm what they read. */
export const talker: Actor = async (scene, index) => {
  await scene.wait(0, 4000)
  await scene.withClient(index, async (connection) => {
    for (const name of new Set([pick(CHAT_ROOMS, index), pick(CHAT_ROOMS, index * 7 + 1)])) {
      const room = connection.room(name, { autoAck: index % 4 !== 0 })
      room.listen({})
      await room.join()
    }
    while (connection.state !== 'closed') {
      await scene.wait(2000, 15_000)
      const room = connection.rooms.length === 0 ? undefined : pick(connection.rooms)
      if (room !== undefined) await connection.publish(room, { text: pick(LINES) }).catch(() => {})
    }
  })
}

/** Sends small positions often. */
export const player: Actor = async (scene, index) => {
  await scene.wait(0, 4000)
  const room = pick(GAME_ROOMS, index)
  await scene.withClient(index, async (connection) => {
    await connection.join(room)
    while (connection.rooms.includes(room)) {
      await scene.wait(300, 900)
      const place = { x: Math.round(Math.random() * 500), y: Math.round(Math.random() * 300) }
      await connection.publish(room, place).catch(() => {})
    }
  })
}

/** Only reads. */
export const idler: Actor = async (scene, index) => {
  await scene.wait(0, 5000)
  await scene.withClient(index, async (connection) => {
    await connection.join(pick(QUIET_ROOMS, index))
    while (connection.state !== 'closed') await scene.wait(5000)
  })
}

/** Comes, looks around, leaves, comes again. */
export const wanderer: Actor = async (scene, index) => {
  for (;;) {
    await scene.wait(500, 20_000)
    await scene.withClient(index, async (connection) => {
      await connection.join(pick(CHAT_ROOMS))
      await scene.wait(5000, 60_000)
    })
  }
}

/** Never refreshes its token. */
export const forgetful: Actor = async (scene, index) => {
  for (;;) {
    await scene.wait(1000, 10_000)
    await scene.withClient(
      index,
      async (connection) => {
        await connection.join(pick(QUIET_ROOMS))
        while (connection.state !== 'closed') await scene.wait(2000)
      },
      { ttlSeconds: 15, canRefresh: false },
    )
  }
}
