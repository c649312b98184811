import type { Verb } from '@gatehouse/protocol/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlNode, startControlNode } from './support/control-node.js'

interface Result {
  readonly to: unknown
  readonly ok?: { readonly offset?: number; readonly duplicate?: boolean; readonly connections?: number }
  readonly error?: { readonly code: string; readonly detail: string }
}

describe('a publish to many targets', () => {
  let node: ControlNode
  beforeAll(async () => {
    node = await startControlNode()
  })
  afterAll(() => node.close())

  const messages = (socket: { frames: readonly { event?: string }[] }) =>
    socket.frames.filter(({ event }) => event === 'message')
  const publish = (body: object) => node.admin('post', '/v1/publish').send(body)
  const results = async (body: object): Promise<Result[]> => (await publish(body).expect(200)).body.results as Result[]
  async function publishAs(verbs: Verb[], rooms: string[], body: object): Promise<Result[]> {
    const Authorization = `Bearer ${await node.key(verbs, rooms)}`
    const answer = await node.stranger().post('/v1/publish').set('Authorization', Authorization).send(body).expect(200)
    return answer.body.results as Result[]
  }

  it('[M-12] answers each target in the given order, and the failure of one does not affect the others', async () => {
    const ann = node.client('ann')
    const bob = node.client('bob')
    await node.join(ann.connection, 'many:one')
    await node.admin('post', '/v1/rooms/many:shut/close').send({ reason: 'x' }).expect(200)
    const { id } = bob.connection
    const to = [
      { user: 'nobody' },
      { room: 'many:one' },
      { room: 'many:shut' },
      { connection: id },
      { room: 'sys:stats' },
      { connection: 'gone' },
      { user: 'bob' },
      { room: 'bad name' },
    ]
    const answered = await results({ to, data: { n: 1 } })
    expect(answered.map((each) => each.to)).toEqual(to)
    expect(answered.map(({ ok, error }) => ok ?? error?.code)).toEqual([
      'not_found',
      { epoch: expect.any(String), offset: 1, members: 1, duplicate: false },
      'room_closed',
      { connections: 1 },
      'not_found',
      'not_found',
      { connections: 1 },
      'not_found',
    ])
    const direct = { event: 'message', data: { n: 1 }, from: { service: 'environment-admin' } }
    await expect.poll(() => messages(ann.socket)).toMatchObject([{ room: 'many:one', offset: 1, data: { n: 1 } }])
    expect(messages(bob.socket)).toEqual([direct, direct])
  })

  it('sends nothing twice to a target under one key, and refuses other data for that key', async () => {
    const carl = node.client('carl')
    await node.join(carl.connection, 'keyed:one')
    const { id } = carl.connection
    const to = [{ room: 'keyed:one' }, { user: 'carl' }, { connection: id }]
    const first = await results({ to, data: 1, key: 'k1' })
    const again = await results({ to: to.toReversed(), data: 1, key: 'k1' })
    expect(again.toReversed()).toMatchObject([{ ok: { offset: 1, duplicate: true } }, ...first.slice(1)])
    expect((await results({ to, data: 2, key: 'k1' })).map(({ error }) => error?.code)).toEqual([
      'key_conflict',
      'key_conflict',
      'key_conflict',
    ])
    expect(await publishAs(['publish'], [], { to: [{ user: 'carl' }], data: 2, key: 'k1' })).toMatchObject([
      { ok: { connections: 1 } },
    ])
    await expect.poll(() => messages(carl.socket)).toHaveLength(4)
    // A message that reached nobody is sent once the user has a connection.
    expect(await results({ to: [{ user: 'dora' }], data: 1, key: 'k2' })).toMatchObject([
      { error: { code: 'not_found' } },
    ])
    const dora = node.client('dora')
    expect(await results({ to: [{ user: 'dora' }], data: 1, key: 'k2' })).toMatchObject([{ ok: { connections: 1 } }])
    expect(messages(dora.socket)).toHaveLength(1)
  })

  it('must fit the schema of each room’s type', async () => {
    const to = [{ room: 'typed:one' }, { room: 'free:one' }]
    const [typed, free] = await results({ to, data: { text: 7 } })
    expect(typed?.error).toEqual({
      code: 'bad_request',
      detail: 'The payload does not fit the schema of typed:one at /a~1b/text: must be string.',
    })
    expect(free?.ok).toMatchObject({ offset: 1 })
  })

  it('accepts the key in the header too, and refuses two that differ', async () => {
    const body = { to: [{ room: 'header:one' }], data: 1 }
    await publish(body).set('Idempotency-Key', 'h1').expect(200)
    const again = await publish({ ...body, key: 'h1' }).expect(200)
    expect(again.body.results).toMatchObject([{ ok: { offset: 1, duplicate: true } }])
    await publish({ ...body, key: 'h1' })
      .set('Idempotency-Key', 'h2')
      .expect(400)
  })

  it('is one message for each target if sent forty times at once with one key, and all answers agree', async () => {
    const gil = node.client('gil')
    await node.join(gil.connection, 'race:one')
    const { id } = gil.connection
    const to = [{ room: 'race:one' }, { user: 'gil' }, { connection: id }]
    const answers = await Promise.all(Array.from({ length: 40 }, () => results({ to, data: 1, key: 'race' })))
    for (const [room, ...direct] of answers) {
      expect(room).toMatchObject({ ok: { offset: 1, members: 1 } })
      expect(direct).toMatchObject([{ ok: { connections: 1 } }, { ok: { connections: 1 } }])
    }
    expect(answers.filter(([room]) => room?.ok?.duplicate === false)).toHaveLength(1)
    const one = await Promise.all(
      Array.from({ length: 40 }, () =>
        node.admin('post', '/v1/rooms/race:two/publish').set('Idempotency-Key', 'race').send({ data: 1 }).expect(200),
      ),
    )
    expect(one.map(({ body }) => body.offset as number)).toEqual(Array(40).fill(1))
    expect(messages(gil.socket)).toHaveLength(3)
  })

  it('is limited to the caller’s room patterns, which include no users or connections', async () => {
    const { connection, socket } = node.client('emil')
    const to = [{ room: 'in:one' }, { room: 'out:one' }, { user: 'emil' }, { connection: connection.id }]
    const answered = await publishAs(['publish'], ['in:*'], { to, data: 'x' })
    expect(answered.map(({ ok, error }) => ok?.offset ?? error?.code)).toEqual([
      1,
      'forbidden',
      'forbidden',
      'forbidden',
    ])
    expect(node.hub.rooms.has('out:one')).toBe(false)
    expect(messages(socket)).toEqual([])
  })

  it('writes one audit row for a person, without the payload, and none for a program', async () => {
    const rows = async () => (await node.admin('get', '/v1/audit?filter=action:message.published').expect(200)).body
    const { connection } = node.client('frida')
    const body = { to: [{ room: 'told:one' }, { user: 'frida' }, { user: 'gone' }], data: 'a secret payload' }
    await results(body)
    expect((await rows()).items).toEqual([])
    const cookie = await node.operator('petra', 'admin')
    const said = await node
      .stranger()
      .post('/v1/publish')
      .set('Cookie', cookie)
      .set('X-Gatehouse-Request', '1')
      .send({ ...body, to: [...body.to, { connection: connection.id }] })
      .expect(200)
    expect(said.body.audited).toBe(true)
    const { items } = await rows()
    expect(items).toMatchObject([
      {
        actor: 'petra',
        detail: {
          results: [
            { room: 'told:one', offset: 2, duplicate: false },
            { user: 'frida', connections: 1 },
            { user: 'gone', error: 'not_found' },
            { connection: connection.id, connections: 1 },
          ],
        },
      },
    ])
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it.each<[string, object]>([
    ['no target', { to: [], data: 1 }],
    ['more than a hundred', { to: Array.from({ length: 101 }, (_, i) => ({ room: `r${i}` })), data: 1 }],
    ['a target of two kinds', { to: [{ room: 'a', user: 'b' }], data: 1 }],
    ['a target of no kind', { to: [{}], data: 1 }],
    ['a target that is not an object', { to: ['a'], data: 1 }],
    ['a key that is too long', { to: [{ room: 'a' }], data: 1, key: 'k'.repeat(65) }],
    ['no data', { to: [{ room: 'a' }] }],
    ['an unknown field', { to: [{ room: 'a' }], data: 1, room: 'b' }],
  ])('is refused as a whole with %s', async (_, body) => {
    const { code } = (await publish(body).expect(400)).body as { code: string }
    expect(code).toBe('bad_request')
  })

  it('accepts a hundred targets at once, in order', async () => {
    const to = Array.from({ length: 100 }, (_, i) => ({ room: `wide:${i % 50}` }))
    const answered = await results({ to, data: 1 })
    expect(answered.map(({ ok }) => ok?.offset)).toEqual([...Array(50).fill(1), ...Array(50).fill(2)])
  })

  it('is refused to callers that may not publish', async () => {
    const Authorization = `Bearer ${await node.key(['read'])}`
    const answer = await node
      .stranger()
      .post('/v1/publish')
      .set('Authorization', Authorization)
      .send({ to: [{ room: 'a' }], data: 1 })
    expect([answer.status, node.hub.rooms.has('a')]).toEqual([403, false])
  })

  it('logs no internal failure', () => {
    expect(node.failures).toEqual([])
  })
})
