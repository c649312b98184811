import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectOk, GivenRoom } from '@gatehouse/protocol'
import type { ApiKeyCreated, HistoryCleared, PublishManyResult, PublishResult } from '@gatehouse/protocol/rest'
import { booksOf, imbalances } from '../support/books.ts'
import { NodeProcess } from '../support/node-process.ts'
import { Rest } from '../support/rest.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { WsClient } from '../support/ws-client.ts'

describe('a message with targets', () => {
  let node: NodeProcess
  const config = tempFolder('targets')
  beforeAll(async () => {
    const file = join(config.path, 'room-types.json')
    const roomTypes = [
      { pattern: 'inbox:*', kind: 'recoverable', own: true },
      { pattern: '**', kind: 'recoverable' },
    ]
    writeFileSync(file, JSON.stringify({ roomTypes }))
    node = await NodeProcess.start({ env: { GATEHOUSE_CONFIG: file, API_KEY_AUTH: 'on' } })
  })
  afterAll(async () => {
    await node.dispose()
    config.remove()
  })

  const tokenOf = (sub: string): string => node.token({ sub, rooms: { 'chat:**': ['join', 'publish'] } })
  const publish = (to: object[], data: unknown, key?: string): Promise<PublishManyResult> =>
    node.rest.post<PublishManyResult>('/v1/publish', key === undefined ? { to, data } : { to, data, key })

  /** Connects, and also returns the user's own room. */
  async function connect(
    sub: string,
    facts: object = {},
  ): Promise<{ client: WsClient; ok: ConnectOk; own: GivenRoom }> {
    const client = await WsClient.open(node.gatewayUrl)
    const ok = await client.ask<ConnectOk>('connect', { token: tokenOf(sub), ...facts })
    const [own] = ok.rooms ?? []
    if (own === undefined) throw new Error('the server joined no room')
    return { client, ok, own }
  }

  it('[M-4] [I-8] is published once if connections of a service and REST send it under one key at the same time', async () => {
    const room = 'chat:race'
    const verbs = ['publish', 'room.join']
    const { key } = await node.rest.post<ApiKeyCreated>('/v1/access/api-keys', { name: 'billing', verbs })
    const { client: listener } = await connect('lea')
    await listener.ask('join', { room })
    const service = new Rest(node.controlUrl, key)
    const sockets = await Promise.all(Array.from({ length: 4 }, () => WsClient.connect(node.gatewayUrl, key)))
    const body = { data: { n: 1 }, key: 'once' }
    const overRest = Array.from({ length: 20 }, () => service.post<PublishResult>(`/v1/rooms/${room}/publish`, body))
    const overSockets = sockets.flatMap((socket) =>
      Array.from({ length: 5 }, () => socket.ask<{ offset: number }>('publish', { room, ...body })),
    )
    const answers = await Promise.all([...overRest, ...overSockets])
    expect(answers.map(({ offset }) => offset)).toEqual(Array.from({ length: 40 }, () => 1))
    expect(await listener.seen('message')).toMatchObject([{ offset: 1, data: { n: 1 }, from: { service: 'billing' } }])
    await Promise.all([listener, ...sockets].map((client) => client.close()))
  })

  it('goes to rooms, a user and a connection in one call, each with its own result', async () => {
    const [one, two] = [await connect('mia'), await connect('mia')]
    await one.client.ask('join', { room: 'chat:many' })
    const to = [{ room: 'chat:many' }, { user: 'mia' }, { connection: two.ok.connection }, { user: 'nobody' }]
    const { results } = await publish(to, 'hello')
    expect(results).toMatchObject([
      { ok: { offset: 1, members: 1 } },
      { ok: { connections: 2 } },
      { ok: { connections: 1 } },
      { error: { code: 'not_found' } },
    ])
    const direct = { event: 'message', data: 'hello', from: { service: 'environment-admin' } }
    const seen = await one.client.seen('message')
    expect(seen.filter(({ room }) => room === 'chat:many')).toMatchObject([{ offset: 1, data: 'hello' }])
    expect(seen.filter(({ room }) => room === undefined)).toEqual([direct])
    expect(await two.client.seen('message')).toEqual([direct, direct])
    await Promise.all([one.client.close(), two.client.close()])
  })

  it('waits in a user’s own room until the user comes back', async () => {
    const first = await connect('noa')
    expect(first.own).toMatchObject({ room: 'inbox:noa', offset: 0 })
    await publish([{ room: 'inbox:noa' }], 1)
    expect(await first.client.next('message')).toMatchObject({ room: 'inbox:noa', offset: 1, data: 1 })
    first.client.socket.terminate()
    for (const data of [2, 3]) await publish([{ room: 'inbox:noa' }], data, `k${data}`)
    const since = { 'inbox:noa': { epoch: first.own.epoch, offset: 1 } }
    const again = await connect('noa', { session: first.ok.session, since })
    expect(again.own).toMatchObject({ offset: 3, recovered: true, messages: [{ data: 2 }, { data: 3 }] })
    const { epoch } = await node.rest.delete<HistoryCleared>('/v1/rooms/inbox:noa/history')
    await publish([{ room: 'inbox:noa' }], 4)
    expect(await again.client.next('message')).toMatchObject({ offset: 1, epoch, data: 4 })
    const late = await connect('noa', { since })
    expect(late.own).toMatchObject({ epoch, recovered: false, reason: 'epoch_changed' })
    const intruder = await connect('olga')
    expect((await intruder.client.reply('join', { room: 'inbox:noa' })).error?.code).toBe('forbidden')
    await Promise.all([again, late, intruder].map(({ client }) => client.close()))
  })

  it('leaves the books balanced', async () => {
    const books = await booksOf(node.rest)
    expect(imbalances(books)).toEqual([])
    expect(books.deliveries.enqueued).toBeGreaterThan(5)
  })
})
