import { headlines } from '../cast.ts'
import { pick, type Actor } from '../scene.ts'

/** Feeds the ticker with more than a stalled client can hold. */
export const ticker: Actor = async (scene, index) => {
  const prices = 'p'.repeat(60_000)
  await scene.withClient(index, async (connection) => {
    while (connection.state !== 'closed') {
      await scene.wait(200)
      await connection.publish('ticker:prices', { at: Date.now(), prices }).catch(() => {})
    }
  })
}

/** Writes the standings anew, again and again; only the newest are of use to anybody. */
export const scorekeeper: Actor = async (scene, index) => {
  const table = 's'.repeat(60_000)
  let round = 0
  await scene.withClient(index, async (connection) => {
    while (connection.state !== 'closed') {
      await scene.wait(250)
      await connection.publish('board:standings', { round: (round += 1), table }).catch(() => {})
    }
  })
}

/** Publishes headlines the way a service does: over REST, with a key. */
export const newsroom: Actor = async (scene) => {
  for (;;) {
    await scene.wait(3000, 9000)
    const room = pick(['news:world', 'news:sport'])
    await scene.rest.post(`/v1/rooms/${room}/publish`, { data: { headline: pick(headlines) } })
  }
}
