import type { NodeProcess } from './node-process.ts'
import { WsClient } from './ws-client.ts'

const AT_ONCE = 25

/** Connects `count` clients, one user each, all members of `room`. */
export async function connectCrowd(node: NodeProcess, count: number, room: string): Promise<WsClient[]> {
  const clients: WsClient[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const sub = `user-${(next += 1)}`
      const token = node.token({ sub, rooms: { '**': ['join', 'publish'] } })
      const client = await WsClient.connect(node.gatewayUrl, token, { client: { name: 'crowd' } })
      await client.ask('join', { room })
      clients.push(client)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return clients
}

export async function closeCrowd(clients: readonly WsClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()))
}
