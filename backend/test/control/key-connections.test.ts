import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiKeyTokens } from '../../src/store/access/api-key-tokens.js'
import { SystemClock } from '../../src/infra/system-clock.js'
import { type ControlNode, startControlNode } from './support/control-node.js'

let node: ControlNode
beforeAll(async () => {
  node = await startControlNode()
})
afterAll(() => node.close())

it('[I-8] ends the connections of a key when it is revoked, and refuses new ones', async () => {
  const { body } = await node
    .admin('post', '/v1/access/api-keys')
    .send({ name: 'sensor', verbs: ['publish', 'room.join'], rooms: ['sensors:*'] })
    .expect(201)
  const { key, record } = body as { key: string; record: { id: string } }
  const noTokens = { verify: () => Promise.resolve({ ok: false, reason: 'bad_token', rule: 'malformed' } as const) }
  const tokens = new ApiKeyTokens(noTokens, node.store.apiKeys, new SystemClock(), () => undefined)
  const verdict = await tokens.verify(key)
  if (!verdict.ok) throw new Error(verdict.rule)
  const { subject, rooms, service } = verdict.token
  const [first, second] = [0, 1].map(() => node.client(subject, Object.fromEntries(rooms), '10.0.0.1', service))
  const namesake = node.client(subject)
  const bystander = node.client('key:other', undefined, undefined, 'other')
  await node.admin('delete', `/v1/access/api-keys/${record.id}`).expect(200)
  expect(await tokens.verify(key)).toMatchObject({ ok: false, reason: 'token_revoked' })
  for (const client of [first, second]) {
    expect(client?.connection.closing).toMatchObject({
      reason: 'auth_revoked',
      code: 4500,
      evidence: { actor: 'environment-admin' },
    })
  }
  expect([namesake, bystander].map(({ connection }) => connection.closing)).toEqual([null, null])
  expect(node.failures).toEqual([])
})
