import { HEADLINES } from '../cast.ts'
import { pick, type Actor } from '../scene.ts'

/** Publishes more to the ticker than can be queued for a stalled client. */
export const ticker: Actor = async (scene, index) => {
  const prices = 'p'.repeat(60_000)
  await scene.withClient(index, async (connection) => {
    while (connection.state !== 'closed') {
      await scene.wait(200)
      await connection.publish('ticker:prices', { at: Date.now(), prices }).catch(() => {})
    }
  })
}

/** Publishes the standings again and again; only the newest matter. */
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

/** Publishes headlines as a service does: over REST, with an API key. */
export const newsroom: Actor = async (scene) => {
  for (;;) {
    await scene.wait(3000, 9000)
    const room = pick(['news:world', 'news:sport'])
    await scene.rest.post(`/v1/rooms/${room}/publish`, { data: { headline: pick(HEADLINES) } })
  }
}
