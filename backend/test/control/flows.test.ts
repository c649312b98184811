import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testPoint } from '../../src/store/testing/test-point.js'
import { type ControlNode, startControlNode } from './support/control-node.js'

describe('the REST API', () => {
  let node: ControlNode
  beforeAll(async () => {
    node = await startControlNode()
  })
  afterAll(() => node.close())

  describe('connections', () => {
    it('are listed with facets, filtered, sorted and paged', async () => {
      const ada = node.client('ada')
      await node.join(ada.connection, 'chat:one')
      for (let n = 0; n < 4; n += 1) node.client(`user${n}`)
      const all = await node.admin('get', '/v1/connections?limit=2&sort=user').expect(200)
      expect(all.body).toMatchObject({ total: 5, nodes: { answered: 1, of: 1 }, facets: { state: { open: 5 } } })
      expect(all.body.items.map((row: { user: string }) => row.user)).toEqual(['ada', 'user0'])
      const next = await node.admin('get', `/v1/connections?limit=2&sort=user&cursor=${all.body.next}`).expect(200)
      expect(next.body.items.map((row: { user: string }) => row.user)).toEqual(['user1', 'user2'])
      const inRoom = await node.admin('get', '/v1/connections?filter=room:chat:*').expect(200)
      expect(inRoom.body.items).toMatchObject([
        { user: 'ada', rooms: 1, node: 'n1', state: 'open', address: '10.1.2.3' },
      ])
    })

    it('are shown individually with rooms and timeline', async () => {
      const { connection } = node.client('bob')
      await node.join(connection, 'chat:two')
      const { body } = await node.admin('get', `/v1/connections/${connection.id}`).expect(200)
      expect(body).toMatchObject({
        id: connection.id,
        claims: { subject: 'bob' },
        memberships: [{ room: 'chat:two', rights: ['join', 'publish'] }],
      })
      expect(body.timeline.map(({ kind }: { kind: string }) => kind)).toEqual(['opened', 'authenticated', 'joined'])
    })

    it('that are disconnected are told why, leave a record, and their id leads to it', async () => {
      const { connection, socket } = node.client('carol')
      const path = `/v1/connections/${connection.id}`
      expect((await node.admin('get', `/v1/c/${connection.id}`)).body).toMatchObject({
        open: { user: 'carol' },
        closed: null,
      })
      const done = await node
        .admin('post', `${path}/disconnect`)
        .send({ reason: 'kicked', message: 'be kind', note: 'ticket 7' })
        .expect(200)
      expect(done.body).toEqual({ id: connection.id, reason: 'kicked', code: 4504, audited: true })
      expect(socket.frames.find(({ event }) => event === 'disconnect')).toMatchObject({
        reason: 'kicked',
        message: 'be kind',
        connection: connection.id,
      })
      await expect.poll(() => socket.closed?.code).toBe(4504)
      const gone = await node.admin('get', path).expect(404)
      expect(gone.body).toMatchObject({ code: 'closed' })
      expect(gone.body.detail).toContain(`/v1/closed/${connection.id}`)
      expect((await node.admin('get', `/v1/c/${connection.id}`).expect(200)).body).toMatchObject({
        open: null,
        closed: { id: connection.id, reason: 'kicked', actor: 'environment-admin', user: 'carol' },
      })
      const list = await node.admin('get', '/v1/closed?filter=reason:kicked').expect(200)
      expect(list.body.items[0]).toMatchObject({ id: connection.id, initiator: 'operator' })
      const audit = await node.admin('get', `/v1/audit?filter=target:${connection.id}`).expect(200)
      expect(audit.body.items).toMatchObject([
        { action: 'connection.disconnected', detail: { note: 'ticket 7', reason: 'kicked' } },
      ])
    })

    it('that never existed are distinguished from those that ended', async () => {
      const { body } = await node.admin('get', '/v1/connections/nobody').expect(404)
      expect(body).toMatchObject({ code: 'not_found', status: 404 })
    })

    it('refuse an invalid request and name the field', async () => {
      const list = await node.admin('get', '/v1/connections?filter=colour:red').expect(400)
      expect(list.body.errors).toMatchObject([{ path: 'filter' }])
      const limit = await node.admin('get', '/v1/connections?limit=9999').expect(400)
      expect(limit.body.errors).toMatchObject([{ path: 'limit' }])
      const kick = await node.admin('post', '/v1/connections/x/disconnect').send({ reason: 'because' }).expect(400)
      expect(kick.body.errors).toMatchObject([{ path: 'reason' }])
    })
  })

  describe('rooms', () => {
    it('are listed with members and rate, and show who is in them', async () => {
      const { connection } = node.client('dora')
      await node.join(connection, 'news')
      const { body } = await node.admin('get', '/v1/rooms?filter=name:news').expect(200)
      expect(body.items).toMatchObject([{ name: 'news', members: 1, state: 'open', kind: 'ephemeral' }])
      const members = await node.admin('get', '/v1/rooms/news/members').expect(200)
      expect(members.body.items).toMatchObject([
        { connection: connection.id, user: 'dora', rights: ['join', 'publish'] },
      ])
      expect((await node.admin('get', '/v1/rooms/news').expect(200)).body).toMatchObject({
        presence: 'asked',
        deliveries: { queued: 0 },
      })
    })

    it('show who has confirmed which message, if their type keeps receipts', async () => {
      const { connection } = node.client('rita')
      await node.join(connection, 'confirmed:r')
      await node.admin('post', '/v1/rooms/confirmed:r/publish').send({ data: 1 }).expect(200)
      await node.admin('post', '/v1/rooms/confirmed:r/publish').send({ data: 2 }).expect(200)
      node.hub.receipts.ack(connection, { room: 'confirmed:r', offset: 1 }, undefined)
      const first = await node.admin('get', '/v1/rooms/confirmed:r/receipts?offset=1').expect(200)
      expect(first.body).toMatchObject({ offset: 1, received: 1, notReceived: 0, forgotten: 0, total: 1 })
      expect(first.body.items).toMatchObject([{ user: 'rita', offset: 1, lag: 1, received: true, member: true }])
      const newest = await node.admin('get', '/v1/rooms/confirmed:r/receipts?filter=received:no').expect(200)
      expect(newest.body).toMatchObject({ offset: 2, received: 0, notReceived: 1, items: [{ user: 'rita' }] })
      const members = await node.admin('get', '/v1/rooms/confirmed:r/members').expect(200)
      expect(members.body.items).toMatchObject([{ acked: 1, lag: 1 }])
      await node.admin('get', '/v1/rooms/confirmed:r/receipts?offset=3').expect(400)
      await node.admin('get', '/v1/rooms/confirmed:r/receipts?offset=0').expect(400)
      const off = await node.admin('get', '/v1/rooms/news/receipts').expect(409)
      expect(off.body.code).toBe('receipts_off')
    })

    it('show what they keep, and how resumes went', async () => {
      const { connection } = node.client('dana')
      for (let i = 1; i <= 8; i += 1)
        await node.admin('post', '/v1/rooms/kept:one/publish').send({ data: i }).expect(200)
      const { body: before } = await node.admin('get', '/v1/rooms/kept:one').expect(200)
      expect(before).toMatchObject({
        kind: 'recoverable',
        offset: 8,
        history: { count: 5, bytes: 100_000, ageMs: 600_000, heldMessages: 5 },
        recoveries: { recovered: 0, trimmed: 0 },
        deliveries: { dropped: 0, droppedByCause: { slow_consumer: 0, conflated: 0, node_budget: 0 } },
      })
      expect(before.history.heldBytes).toBeGreaterThan(0)
      expect(before.history.oldestAt).toBeLessThanOrEqual(Date.now())
      for (const offset of [5, 1]) await node.join(connection, 'kept:one', { epoch: before.epoch, offset })
      const { body: after } = await node.admin('get', '/v1/rooms/kept:one').expect(200)
      expect(after.recoveries).toMatchObject({ recovered: 0, not_authorized: 2, trimmed: 0 })
      expect((await node.admin('get', '/v1/rooms/news').expect(200)).body.history).toBeNull()
      expect((await node.admin('get', '/v1/node').expect(200)).body.history).toMatchObject({ rooms: 1, messages: 5 })
    })

    it('accept a message once under one key, given in the body or the header', async () => {
      const { connection, socket } = node.client('emil')
      await node.join(connection, 'pub:one')
      const publish = (body: object) => node.admin('post', '/v1/rooms/pub:one/publish').send(body)
      const first = await publish({ data: { n: 1 }, key: 'k1' }).expect(200)
      expect(first.body).toMatchObject({ room: 'pub:one', members: 1, duplicate: false })
      const again = await publish({ data: { n: 1 } })
        .set('Idempotency-Key', 'k1')
        .expect(200)
      expect(again.body).toMatchObject({ offset: first.body.offset, duplicate: true })
      await publish({ data: { n: 2 }, key: 'k1' }).expect(409)
      await publish({ data: 1, key: 'k2' }).set('Idempotency-Key', 'k3').expect(400)
      await expect
        .poll(() => socket.frames.filter(({ event }) => event === 'message'))
        .toMatchObject([{ data: { n: 1 }, from: { service: 'environment-admin' } }])
    })

    it('refuse a message that does not fit the schema of their type, and say where', async () => {
      const publish = (data: unknown) => node.admin('post', '/v1/rooms/typed:one/publish').send({ data })
      const { body } = await publish({ text: 7 }).expect(400)
      expect(body).toMatchObject({
        code: 'bad_request',
        detail: 'The payload does not fit the schema of typed:one at /a~1b/text: must be string.',
        errors: [{ path: 'data.a/b.text', message: 'must be string' }],
      })
      expect((await publish({ text: 'x' }).expect(200)).body).toMatchObject({ offset: 1 })
      await node.admin('post', '/v1/rooms/typed:one/publish').send({ data64: 'AP8=' }).expect(400)
    })

    it('accept bytes in base64 instead of data', async () => {
      const { connection, socket } = node.client('ella')
      await node.join(connection, 'pub:bytes')
      const publish = (body: object) => node.admin('post', '/v1/rooms/pub:bytes/publish').send(body)
      await publish({ data64: 'AP8=' }).expect(200)
      await publish({ data64: 'AP8=', data: 1 }).expect(400)
      await publish({ data64: 'AP9=' }).expect(400)
      await publish({}).expect(400)
      await publish({ data: null }).expect(200)
      await expect
        .poll(() => socket.frames.filter(({ event }) => event === 'message'))
        .toMatchObject([{ data64: 'AP8=' }, { data: null }])
    })

    it('write an audit row for what a person publishes, and none for what a program publishes', async () => {
      const rows = async () =>
        (await node.admin('get', '/v1/audit?filter=action:room.published').expect(200)).body.items as {
          actor: string
        }[]
      await node.admin('post', '/v1/rooms/pub:two/publish').send({ data: 1 }).expect(200)
      expect(await rows()).toEqual([])
      const cookie = await node.operator('petra', 'admin')
      const said = await node
        .stranger()
        .post('/v1/rooms/pub:two/publish')
        .set('Cookie', cookie)
        .set('X-Gatehouse-Request', '1')
        .send({ data: 2 })
        .expect(200)
      expect(said.body).toMatchObject({ offset: 2, audited: true })
      expect((await rows()).map(({ actor }) => actor)).toEqual(['petra'])
    })

    it('close, remove their members, stay closed, and open again', async () => {
      const { connection, socket } = node.client('fred')
      await node.join(connection, 'side')
      const closed = await node
        .admin('post', '/v1/rooms/side/close')
        .send({ reason: 'maintenance', message: 'back soon' })
        .expect(200)
      expect(closed.body).toMatchObject({ state: 'closed', closed: { reason: 'maintenance', by: 'environment-admin' } })
      expect(socket.frames).toContainEqual(
        expect.objectContaining({ event: 'roomClosed', room: 'side', message: 'back soon' }),
      )
      const audited = await node.admin('get', '/v1/audit?filter=action:room.closed').expect(200)
      expect(audited.body.items[0]).toMatchObject({ target: 'side', detail: { members: 1, before: null } })
      await expect(node.join(connection, 'side')).rejects.toThrow('closed')
      await node.admin('post', '/v1/rooms/side/publish').send({ data: 1 }).expect(409)
      const list = await node.admin('get', '/v1/rooms?filter=state:closed').expect(200)
      expect(list.body.items).toMatchObject([{ name: 'side', state: 'closed' }])
      await node.admin('post', '/v1/rooms/side/reopen').send({}).expect(200)
      await node.join(connection, 'side')
      await node.admin('post', '/v1/rooms/side/reopen').send({}).expect(409)
    })

    it('do not include system rooms or invalid names', async () => {
      expect((await node.admin('get', '/v1/rooms/sys:stats')).status).toBe(404)
      await node.admin('post', '/v1/rooms/sys:stats/publish').send({ data: 1 }).expect(404)
      await node.admin('get', '/v1/rooms/bad%20name').expect(404)
    })
  })

  describe('bans', () => {
    it('show whom they would apply to, then disconnect them and keep them out', async () => {
      const { socket } = node.client('gwen', {}, '198.51.100.7')
      const preview = await node
        .admin('post', '/v1/bans/preview')
        .send({ kind: 'address', value: '198.51.100.0/24' })
        .expect(200)
      expect(preview.body).toMatchObject({ connections: 1, users: 1 })
      const made = await node
        .admin('post', '/v1/bans')
        .send({ kind: 'address', value: '198.51.100.0/24', reason: 'abuse' })
        .expect(201)
      expect(made.body).toMatchObject({
        disconnected: 1,
        ban: { kind: 'address', reason: 'abuse', by: 'environment-admin' },
      })
      await expect.poll(() => socket.closed?.code).toBe(4505)
      expect(node.store.banCache.address('198.51.100.200')).toMatchObject({ id: made.body.ban.id })
      await node.admin('delete', `/v1/bans/${made.body.ban.id}`).expect(200)
      await node.admin('delete', `/v1/bans/${made.body.ban.id}`).expect(404)
      expect((await node.admin('get', '/v1/bans').expect(200)).body.items).toEqual([])
    })

    it('are over once their lifting is answered, however long the node takes to read them', async () => {
      const { body } = await node
        .admin('post', '/v1/bans')
        .send({ kind: 'user', value: 'ivan', reason: 'abuse' })
        .expect(201)
      const all = node.store.bans.all.bind(node.store.bans)
      const slow = vi.spyOn(node.store.bans, 'all').mockImplementation(async () => {
        const found = await all()
        await new Promise((resolve) => setTimeout(resolve, 150))
        return found
      })
      try {
        await node.admin('delete', `/v1/bans/${body.ban.id}`).expect(200)
        expect(node.store.banCache.user('ivan')).toBeUndefined()
        expect(slow).toHaveBeenCalled()
      } finally {
        slow.mockRestore()
      }
    })

    it('refuse an invalid address', async () => {
      const { body } = await node
        .admin('post', '/v1/bans')
        .send({ kind: 'address', value: '10.0.0.1/99', reason: 'x' })
        .expect(400)
      expect(body.errors).toMatchObject([{ path: 'value' }])
    })
  })

  describe('operations', () => {
    it('run only the plan that was shown, once', async () => {
      const one = node.client('harry')
      const two = node.client('harry')
      const ids = [one.connection.id, two.connection.id]
      await node
        .admin('post', '/v1/operations')
        .send({ kind: 'disconnect', target: { ids }, reason: 'test' })
        .expect(400)
      const request = {
        kind: 'disconnect',
        target: { ids },
        reason: 'clean-up',
        dryRun: true,
        parameters: { rate: 50 },
      }
      const plan = await node.admin('post', '/v1/operations').send(request).expect(200)
      expect(plan.body).toMatchObject({ kind: 'disconnect', blast: { connections: 2, users: 1, usersLeftWithNone: 1 } })
      const run = () =>
        node.admin('post', '/v1/operations').set('Idempotency-Key', 'run-1').send({ planId: plan.body.planId })
      const started = await run().expect(201)
      const replay = await run().expect(201)
      expect(replay.headers['idempotent-replay']).toBe('true')
      expect(replay.body.id).toBe(started.body.id)
      await expect.poll(() => one.socket.closed?.code).toBe(4008)
      await expect
        .poll(async () => (await node.admin('get', `/v1/operations/${started.body.id}`)).body.state, {
          timeout: 10_000,
        })
        .toBe('done')
      expect((await node.admin('get', '/v1/operations').expect(200)).body.items[0]).toMatchObject({
        id: started.body.id,
        by: 'environment-admin',
      })
    })

    it('refuse kinds that are not built, and unknown plans and operations', async () => {
      expect(
        (await node.admin('post', '/v1/operations').send({ kind: 'announce', dryRun: true, reason: 'x' }).expect(400))
          .body.code,
      ).toBe('kind_not_built')
      expect((await node.admin('post', '/v1/operations').send({ planId: 'nope' }).expect(404)).body.code).toBe(
        'plan_not_found',
      )
      expect((await node.admin('post', '/v1/operations/nope/pause').send({}).expect(404)).body.code).toBe(
        'operation_not_found',
      )
      await node.admin('post', '/v1/node/return-to-service').send({}).expect(409)
    })

    it('refuse an Idempotency-Key that was used for another request', async () => {
      const order = (reason: string) =>
        node
          .admin('post', '/v1/operations')
          .set('Idempotency-Key', 'plan-1')
          .send({ kind: 'drain', dryRun: true, reason })
      expect((await order('one')).status).toBe(200)
      await order('two').expect(422)
      await node.admin('post', '/v1/operations').set('Idempotency-Key', 'has spaces in it').send({}).expect(400)
    })

    it('refuse a rate of 0, and a rate for an unknown one', async () => {
      expect((await node.admin('patch', '/v1/operations/nope').send({ rate: 0 })).status).toBe(400)
      await node.admin('patch', '/v1/operations/nope').send({ rate: 5 }).expect(404)
    })
  })

  describe('the node', () => {
    it('shows its state, its load and its books, which balance', async () => {
      const { body } = await node.admin('get', '/v1/node').expect(200)
      expect(body).toMatchObject({
        id: 'n1',
        state: 'ready',
        store: { state: 'up', kind: 'embedded' },
        viewers: 0,
        operation: null,
      })
      expect(body.books.opened).toBe(body.books.open + body.books.closed)
      expect(body.open).toBe(node.hub.connections.size)
    })

    it('shows strangers only its state', async () => {
      expect((await node.stranger().get('/livez').expect(200)).body).toEqual({ state: 'live' })
      expect((await node.stranger().get('/readyz').expect(200)).body).toEqual({ state: 'ready' })
      node.nodeState.refuse('op', 1000)
      expect((await node.stranger().get('/readyz').expect(503)).body).toEqual({ state: 'draining' })
      node.nodeState.serve()
    })

    it('gives its metrics only to callers that may read them', async () => {
      const { text, headers } = await node.admin('get', '/metrics').expect(200)
      expect(text).toBe('gatehouse_up 1\n')
      expect(headers['content-type']).toContain('version=0.0.4')
    })

    it('returns stats series between two times', async () => {
      node.store.stats.record(testPoint({ at: Date.now() - 2000 }))
      const { body } = await node.admin('get', `/v1/stats?from=${Date.now() - 60_000}&to=${Date.now()}`).expect(200)
      expect(body.points).toHaveLength(1)
      await node.admin('get', '/v1/stats?from=5&to=4').expect(400)
    })

    it('mints tokens and stores them nowhere', async () => {
      const { body } = await node
        .admin('post', '/v1/tokens')
        .send({ sub: 'zoe', rooms: { 'chat:*': ['join'] } })
        .expect(201)
      expect(body).toEqual({ token: 'signed', expiresAt: 1 })
      const told = await node
        .admin('post', '/v1/tokens')
        .send({ sub: 'zoe', rooms: {}, info: { name: 'x'.repeat(2_000) } })
        .expect(400)
      expect(told.body.errors).toMatchObject([{ path: 'info', message: 'takes more than 1024 bytes' }])
      const audit = await node.admin('get', '/v1/audit?filter=action:token.minted').expect(200)
      expect(audit.body.items).toMatchObject([{ target: 'zoe' }])
      expect(JSON.stringify(audit.body)).not.toContain('signed')
    })
  })

  it('keeps API keys as hashes, shows them once, and forgets them when revoked', async () => {
    const { body } = await node
      .admin('post', '/v1/access/api-keys')
      .send({ name: 'ci', verbs: ['read'] })
      .expect(201)
    expect(body.key).toMatch(/^ghk_[\w-]{43}$/)
    const ask = () => node.stranger().get('/v1/me').set('Authorization', `Bearer ${body.key}`)
    expect((await ask().expect(200)).body).toMatchObject({ kind: 'key', name: 'ci', verbs: ['read'], role: null })
    const listed = await node.admin('get', '/v1/access/api-keys').expect(200)
    expect(JSON.stringify(listed.body)).not.toContain(body.key)
    await node.admin('delete', `/v1/access/api-keys/${body.record.id}`).expect(200)
    await ask().expect(401)
    await node
      .admin('post', '/v1/access/api-keys')
      .send({ name: 'old', verbs: ['read'], expiresAt: 5 })
      .expect(400)
  })

  it('logs no internal failure', () => {
    expect(node.failures).toEqual([])
  })
})
