import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PublishResult, RoomDetail } from '@gatehouse/protocol/rest'
import { NodeProcess } from '../support/node-process.ts'
import { WsClient } from '../support/ws-client.ts'

describe('a room', () => {
  let node: NodeProcess
  beforeAll(async () => {
    node = await NodeProcess.start()
  })
  afterAll(() => node.dispose())

  const member = async (sub: string, room: string): Promise<WsClient> => {
    const client = await WsClient.connect(node.gatewayUrl, node.token({ sub, rooms: { '**': ['join', 'publish'] } }))
    await client.ask('join', { room })
    return client
  }

  it('delivers every message to every member, including the publisher, in the same order', async () => {
    const [a, b] = [await member('ann', 'chat:one'), await member('ben', 'chat:one')]
    await a.ask('publish', { room: 'chat:one', data: { text: 'first' } })
    await b.ask('publish', { room: 'chat:one', data: { text: 'second' } })
    for (const client of [a, b]) {
      const frames = [await client.next('message'), await client.next('message')]
      expect(frames).toMatchObject([
        { data: { text: 'first' }, from: { user: 'ann' } },
        { data: { text: 'second' }, from: { user: 'ben' } },
      ])
      expect(Number(frames[1]?.['offset'])).toBe(Number(frames[0]?.['offset']) + 1)
    }
    await Promise.all([a.close(), b.close()])
  })

  it('accepts a publish over REST once, however often it is sent under one key', async () => {
    const client = await member('cleo', 'chat:two')
    const publish = (): Promise<PublishResult> =>
      node.rest.post<PublishResult>('/v1/rooms/chat:two/publish', { data: { text: 'hello' }, key: 'k1' })
    const [first, again] = [await publish(), await publish()]
    expect([first.duplicate, again.duplicate, again.offset]).toEqual([false, true, first.offset])
    expect(first.members).toBe(1)
    expect(await client.next('message')).toMatchObject({ data: { text: 'hello' }, offset: first.offset })
    expect(await client.seen('message')).toEqual([])
    await client.close()
  })

  it('closes for its members but not their connections, and lets nobody in until it is reopened', async () => {
    const [inside, elsewhere] = [await member('dan', 'chat:three'), await member('eli', 'chat:four')]
    const closed = await node.rest.post<RoomDetail>('/v1/rooms/chat:three/close', {
      reason: 'maintenance',
      message: 'back at noon',
    })
    expect(closed).toMatchObject({ state: 'closed', members: 0, closed: { reason: 'maintenance' } })
    expect(await inside.next('roomClosed')).toMatchObject({ room: 'chat:three', message: 'back at noon' })
    for (const event of ['join', 'publish'] as const) {
      const reply = await inside.reply(event, { room: 'chat:three', data: 1 })
      expect([event, reply.error?.code]).toEqual([event, 'room_closed'])
    }
    expect(await elsewhere.seen('roomClosed')).toEqual([])
    expect(inside.closed).toBeUndefined()
    await node.rest.post('/v1/rooms/chat:three/reopen')
    await inside.ask('join', { room: 'chat:three' })
    await inside.ask('publish', { room: 'chat:three', data: 'again' })
    expect(await inside.next('message')).toMatchObject({ data: 'again' })
    await Promise.all([inside.close(), elsewhere.close()])
  })
})
