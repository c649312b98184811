import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, type ControlNode, startControlNode } from './support/control-node.js'

describe('a room’s history', () => {
  let node: ControlNode
  beforeAll(async () => {
    node = await startControlNode()
  })
  afterAll(() => node.close())

  const publish = (room: string, data: unknown) =>
    node.admin('post', `/v1/rooms/${room}/publish`).send({ data }).expect(200)
  const read = (room: string, query = '') => node.admin('get', `/v1/rooms/${room}/history${query}`)
  const offsets = (body: { messages: { offset: number }[] }) => body.messages.map(({ offset }) => offset)

  it('is read in pages, both ways, with payloads as members got them', async () => {
    for (let i = 1; i <= 4; i += 1) await publish('kept:pages', { n: i })
    const first = (await read('kept:pages', '?limit=3').expect(200)).body
    expect(first).toMatchObject({ room: 'kept:pages', offset: 4, more: true })
    expect(first.messages[0]).toEqual({
      event: 'message',
      room: 'kept:pages',
      offset: 1,
      epoch: first.epoch,
      data: { n: 1 },
      from: { service: 'environment-admin' },
    })
    const rest = (await read('kept:pages', `?since=${first.epoch},3`).expect(200)).body
    expect([offsets(first), offsets(rest), rest.more]).toEqual([[1, 2, 3], [4], false])
    const back = (await read('kept:pages', `?since=${first.epoch},3&reverse=true&limit=1`).expect(200)).body
    expect([offsets(back), back.more]).toEqual([[2], true])
    for (let i = 5; i <= 9; i += 1) await publish('kept:pages', { n: i })
    const late = (await read('kept:pages', `?since=${first.epoch},1`).expect(200)).body
    expect([offsets(late), late.reason]).toEqual([[5, 6, 7, 8, 9], 'trimmed'])
  })

  it.each(['?since=x', '?since=a,b', '?since=,1', '?limit=0', '?limit=301', '?reverse=maybe'])(
    'cannot be read with %s',
    async (query) => {
      const { body } = await read('kept:pages', query).expect(400)
      expect(body.code).toBe('bad_request')
    },
  )

  it('does not exist for rooms that keep none, or for names that no room can have', async () => {
    expect((await read('plain').expect(409)).body.code).toBe('not_available')
    expect((await read('sys:stats').expect(404)).body.code).toBe('not_found')
    await node.admin('delete', '/v1/rooms/bad%20name/history').expect(404)
  })

  it('[M-5] is dropped when it is cleared, and the room continues in a new epoch', async () => {
    const { connection, socket } = node.client('ann')
    await node.join(connection, 'kept:clear')
    await publish('kept:clear', 'a secret payload')
    const before = (await read('kept:clear').expect(200)).body
    const cleared = (await node.admin('delete', '/v1/rooms/kept:clear/history').expect(200)).body
    expect(cleared).toEqual({ room: 'kept:clear', epoch: expect.any(String), messages: 1, audited: true })
    expect((await node.admin('get', '/v1/rooms/kept:clear').expect(200)).body).toMatchObject({
      epoch: cleared.epoch,
      offset: 0,
      members: 1,
    })
    expect((await read('kept:clear', `?since=${before.epoch},0`).expect(200)).body).toMatchObject({
      messages: [],
      reason: 'epoch_changed',
    })
    expect((await publish('kept:clear', 2)).body).toMatchObject({ offset: 1, epoch: cleared.epoch, members: 1 })
    await expect
      .poll(() => socket.of('message'))
      .toMatchObject([
        { offset: 1, epoch: before.epoch },
        { offset: 1, epoch: cleared.epoch, data: 2 },
      ])
    const { items } = (await node.admin('get', '/v1/audit?filter=action:room.cleared').expect(200)).body
    expect(items).toMatchObject([
      {
        target: 'kept:clear',
        detail: { before: { epoch: before.epoch, offset: 1 }, epoch: cleared.epoch, messages: 1 },
      },
    ])
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it('is cleared once under one Idempotency-Key', async () => {
    const clear = () =>
      node
        .stranger()
        .delete('/v1/rooms/kept:once/history')
        .set('Authorization', `Bearer ${ADMIN_KEY}`)
        .set('Idempotency-Key', 'clear-1')
    const [first, again] = [await clear().expect(200), await clear().expect(200)]
    expect(again.body).toEqual(first.body)
  })

  it('can be cleared by a moderator inside its patterns, but not read', async () => {
    const Cookie = await node.operator('mona', 'moderator', ['kept:chat'])
    const headers = { Cookie, 'X-Gatehouse-Request': '1', 'Content-Type': 'application/json' }
    const ask = (method: 'get' | 'delete', room: string) =>
      node.stranger()[method](`/v1/rooms/${room}/history`).set(headers)
    expect((await ask('delete', 'kept:chat')).status).toBe(200)
    expect((await ask('delete', 'kept:other')).status).toBe(403)
    expect((await ask('get', 'kept:chat')).status).toBe(403)
  })

  it('logs no internal failure', () => {
    expect(node.failures).toEqual([])
  })
})
