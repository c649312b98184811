import type { ConnectOk, JoinOk, Position } from '@gatehouse/protocol'
import { WsClient } from '../../../e2e/src/support/ws-client.ts'
import { CHAT_ROOMS, personOf } from '../cast.ts'
import { pick, type Actor } from '../scene.ts'

/** What a traveller still knows when it has lost its network. */
interface Kept {
  readonly session: string
  readonly read: Position
}

/** Share of the absences that last longer than a chat room's history. */
const LONG_ABSENCES = 0.12
/** Share of the returns after a reload of the page, which keeps the position but not the session. */
const FORGOTTEN_SESSIONS = 0.03

/** Rides through tunnels: loses its network, and rejoins its room from where it stopped reading. */
export const traveller: Actor = async (scene, index) => {
  const room = pick(CHAT_ROOMS, index)
  let kept: Kept | undefined
  for (;;) {
    await scene.wait(500, 3000)
    const client = await WsClient.open(scene.gatewayUrl)
    try {
      const session = await connectAgain(client, scene.token(personOf(index)), kept?.session)
      const { epoch, offset } = await client.ask<JoinOk>('join', { room, ...(kept && { since: kept.read }) })
      await scene.wait(4000, 15_000)
      const last = (await client.seen('message')).at(-1)
      kept = { session, read: { epoch, offset: typeof last?.['offset'] === 'number' ? last['offset'] : offset } }
    } finally {
      client.socket.terminate()
    }
    if (Math.random() < LONG_ABSENCES) await scene.wait(60_000, 90_000)
    else await scene.wait(1000, 20_000)
  }
}

async function connectAgain(client: WsClient, token: string, before: string | undefined): Promise<string> {
  const isForgotten = Math.random() < FORGOTTEN_SESSIONS
  const facts = { client: { name: 'android', version: '6.8' }, labels: { region: 'eu' } }
  const known = before === undefined || isForgotten ? {} : { session: before }
  return (await client.ask<ConnectOk>('connect', { token, ...facts, ...known })).session
}
