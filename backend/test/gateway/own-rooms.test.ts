import { afterEach, describe, expect, it } from 'vitest'
import type { RawClient } from '../../src/gateway/testing/raw-client.js'
import { TestGateway, token } from '../../src/gateway/testing/test-gateway.js'
import { builtInRoomType } from '../../src/realtime/room-types/room-type.js'

const history = { count: 100, bytes: 65_536, ageMs: 600_000 }
const roomTypes = [
  { ...builtInRoomType, pattern: 'inbox:*', own: true, kind: 'recoverable', history } as const,
  builtInRoomType,
]

let gateway: TestGateway
afterEach(() => gateway.stop())

const start = async (): Promise<TestGateway> => (gateway = await TestGateway.start({ hub: { roomTypes } }))

/** Publishes for a service and resolves when the room has the message. */
const publish = (room: string, data: string): Promise<unknown> =>
  new Promise((resolve) =>
    gateway.hub.publisher.publishFromServer(room, { data, scope: 'key:s', service: 's' }, resolve),
  )

async function connect(client: RawClient, data: object): Promise<Record<string, unknown>> {
  client.sendText({ id: 1, event: 'connect', data })
  return client.json()
}

describe('A user’s own room', () => {
  it('[M-13] is in the answer to connect, and brings messages and those missed after a cut', async () => {
    await start()
    const client = await gateway.open()
    const jwt = await token('alice', {})
    const reply = await connect(client, { token: jwt })
    expect(reply).toMatchObject({ id: 1, ok: { rooms: [{ room: 'inbox:alice', state: { members: 1 }, offset: 0 }] } })
    const { session, rooms } = reply['ok'] as { session: string; rooms: { epoch: string }[] }
    await publish('inbox:alice', '1')
    expect(await client.json()).toMatchObject({ event: 'message', room: 'inbox:alice', offset: 1, data: 1 })
    client.reset()
    await gateway.until(() => gateway.hub.connections.size === 0)
    await publish('inbox:alice', '2')
    await publish('inbox:alice', '{"n":3}')
    const again = await gateway.open()
    const since = { 'inbox:alice': { epoch: rooms[0]?.epoch, offset: 1 } }
    expect(await connect(again, { token: jwt, session, since })).toMatchObject({
      ok: {
        session,
        rooms: [
          {
            room: 'inbox:alice',
            offset: 3,
            recovered: true,
            messages: [
              { event: 'message', room: 'inbox:alice', offset: 2, data: 2, from: { service: 's' } },
              { event: 'message', room: 'inbox:alice', offset: 3, data: { n: 3 } },
            ],
          },
        ],
      },
    })
    await publish('inbox:alice', '4')
    expect(await again.json()).toMatchObject({ offset: 4 })
  })

  it('[M-13] is in the push after an opening with a token, and closed to other users', async () => {
    await start()
    const client = await gateway.open({ headers: { Authorization: `Bearer ${await token('alice', {})}` } })
    expect(await client.json()).toMatchObject({ event: 'connected', rooms: [{ room: 'inbox:alice', offset: 0 }] })
    const other = await gateway.open()
    await connect(other, { token: await token('bob') })
    other.sendText({ id: 2, event: 'join', data: { room: 'inbox:alice' } })
    expect(await other.json()).toMatchObject({ id: 2, error: { code: 'forbidden' } })
  })

  it.each<[string, unknown]>([
    ['something other than an object', []],
    ['an invalid room name', { 'a b': { epoch: 'e', offset: 1 } }],
    ['half a position', { 'inbox:alice': { epoch: 'e' } }],
    [
      'more positions than a user can have rooms',
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`r${i}`, { epoch: 'e', offset: 1 }])),
    ],
  ])('[M-13] refuses %s as since, and closes an unauthenticated connection', async (_, since) => {
    await start()
    const client = await gateway.open()
    client.sendText({ id: 1, event: 'connect', data: { token: await token(), since } })
    expect(await client.json()).toMatchObject({ event: 'disconnect', reason: 'bad_request' })
    expect(await client.closeFrame()).toMatchObject({ code: 4510 })
  })
})

describe('A message to no room', () => {
  it('[M-12] reaches each connection of the user as a push without room and offset', async () => {
    await start()
    const clients = [await gateway.join(), await gateway.join()]
    for (const client of clients) expect(client.isEnded).toBe(false)
    expect(gateway.hub.direct.toUser('alice', { data: '{"n":1}', service: 'billing' })).toBe(2)
    const [id = ''] = [...gateway.hub.connections.keys()]
    expect(gateway.hub.direct.toConnection(id, { data: 'null', service: 'billing' })).toBe(1)
    for (const client of clients) {
      expect(await client.json()).toEqual({ event: 'message', data: { n: 1 }, from: { service: 'billing' } })
    }
    expect(await clients[0]?.json()).toEqual({ event: 'message', data: null, from: { service: 'billing' } })
  })
})
