import type { ConnectOk, JoinOk, Position } from '@gatehouse/protocol'
import { WsClient } from '../../../e2e/src/support/ws-client.ts'
import { chatRooms, personOf } from '../cast.ts'
import { pick, type Actor } from '../scene.ts'

/** What a traveller takes along when it loses its network. */
interface Kept {
  readonly session: string
  readonly read: Position
}

/** Share of the ways that are longer than a chat room's history reaches back. */
const LONG_WAYS = 0.12
/** Share of the returns with a page that was loaded anew: it knows how far it had read, but not its session. */
const FORGOTTEN_SESSIONS = 0.03

/** Rides through tunnels: loses its network without a word, and takes its room up where it had stopped reading. */
export const traveller: Actor = async (scene, index) => {
  const room = pick(chatRooms, index)
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
    if (Math.random() < LONG_WAYS) await scene.wait(60_000, 90_000)
    else await scene.wait(1000, 20_000)
  }
}

async function connectAgain(client: WsClient, token: string, before: string | undefined): Promise<string> {
  const isForgotten = Math.random() < FORGOTTEN_SESSIONS
  const facts = { client: { name: 'android', version: '6.8' }, labels: { region: 'eu' } }
  const known = before === undefined || isForgotten ? {} : { session: before }
  return (await client.ask<ConnectOk>('connect', { token, ...facts, ...known })).session
}
