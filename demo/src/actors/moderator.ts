import type { ConnectionRow, Page } from '@gatehouse/protocol/rest'
import { pick, type Actor, type Scene } from '../scene.ts'

const WARNINGS = ['please read the house rules', 'one account is enough', 'your client is outdated, update it first']

/** Bans, kicks and closes rooms through the REST API, as a real moderator does. */
export const moderator: Actor = async (scene) => {
  const { rest } = scene
  await rest.post('/v1/bans', {
    kind: 'user',
    value: 'mallory.banned',
    reason: 'fraud',
    message: 'your account is closed',
  })
  for (let turn = 1; ; turn += 1) {
    await scene.wait(20_000, 40_000)
    const page = await rest.get<Page<ConnectionRow>>('/v1/connections', { filter: 'room:chat:lobby', limit: 20 })
    const row = page.items.length === 0 ? undefined : pick(page.items)
    if (row !== undefined && row.client?.name !== 'demo') {
      const reason = turn % 2 === 0 ? 'kicked' : 'force_reconnect'
      await rest.post(`/v1/connections/${row.id}/disconnect`, {
        reason,
        message: pick(WARNINGS),
        note: `round ${turn}`,
      })
    }
    if (turn % 3 === 0) await closeForAWhile(scene)
  }
}

async function closeForAWhile(scene: Scene): Promise<void> {
  await scene.rest.post('/v1/rooms/game:arena-4/close', {
    reason: 'maintenance',
    message: 'a new map is being laid out',
  })
  await scene.wait(30_000)
  await scene.rest.post('/v1/rooms/game:arena-4/reopen')
}
