import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import type { AuditCheck, Ban, CloseRecord, NodeStatus, Page, RoomDetail, StatsSeries } from '@gatehouse/protocol/rest'
import { connectCrowd } from '../support/crowd.ts'
import { NodeProcess } from '../support/node-process.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

const secret = (): string => randomBytes(32).toString('base64url')

describe('a node that starts again', () => {
  const folder = tempFolder('restart')
  const env = { NODE_ID: 'phoenix', GATEHOUSE_ADMIN_KEY: secret(), JWT_SECRET: secret(), DRAIN_GRACE: '10s' }
  const start = (): Promise<NodeProcess> => NodeProcess.start({ dataDir: folder.path, env })
  let node: NodeProcess | undefined
  afterAll(async () => {
    await node?.dispose()
    folder.remove()
  })

  it('[M-6] keeps rooms, bans, records and the audit chain through kill -9, and explains the lost connections once', async () => {
    const first = await start()
    const [client] = await connectCrowd(first, 1, 'chat:kept')
    await client?.close()
    const lost = await connectCrowd(first, 7, 'chat:lost')
    await first.rest.post('/v1/rooms/chat:closed/close', { reason: 'maintenance' })
    await first.rest.post('/v1/bans', { kind: 'user', value: 'troll', reason: 'spam' })
    await until('the record is kept', () => first.rest.get(`/v1/closed/${client?.connection ?? ''}`))
    await until('the node has told its counts', async () => {
      const { recordsWaiting } = await first.rest.get<NodeStatus>('/v1/node')
      const { points } = await series(first)
      // Counts are reported every second and points are written every two: after five seconds the store has them.
      return recordsWaiting === 0 && points.filter(({ levels }) => levels.open >= 7).length >= 5
    })
    const before = await series(first)
    await first.stop('SIGKILL')
    await Promise.all(lost.map((gone) => gone.whenClosed()))

    node = await start()
    const { rest } = node
    expect(await rest.get<RoomDetail>('/v1/rooms/chat:closed')).toMatchObject({ state: 'closed' })
    expect((await rest.get<Page<Ban>>('/v1/bans')).items).toMatchObject([{ value: 'troll' }])
    expect(await rest.get(`/v1/closed/${client?.connection ?? ''}`)).toMatchObject({ reason: 'client_close' })
    expect(await rest.get<AuditCheck>('/v1/audit/verify')).toMatchObject({ intact: true })

    const aggregate = await until('the aggregate record', async () => {
      const page = await rest.get<Page<CloseRecord>>('/v1/closed', { filter: 'reason:node_lost' })
      return page.items.length > 0 ? page : undefined
    })
    expect(aggregate.items).toMatchObject([{ reason: 'node_lost', initiator: 'server', count: 7, code: null }])

    const again = await rest.get<StatsSeries>('/v1/stats', { from: before.from, to: before.to })
    const seen = before.points.filter(({ levels }) => levels.open >= 7).map(({ at }) => at)
    // Points not yet written are lost with the process: at most the last two seconds and the one under way.
    expect(again.points.map(({ at }) => at)).toEqual(expect.arrayContaining(seen.slice(0, -3)))
  })

  it('returns the same series however often a page asks', async () => {
    if (node === undefined) throw new Error('this test needs the node of an earlier test')
    const { rest } = node
    const { now } = await rest.get<NodeStatus>('/v1/node')
    const query = { from: now - 60_000, to: now - 3000, step: 1 }
    const first = await rest.get<StatsSeries>('/v1/stats', query)
    expect(await rest.get<StatsSeries>('/v1/stats', query)).toEqual(first)
  })

  it('ends with 0 at SIGTERM and tells its clients why', async () => {
    if (node === undefined) throw new Error('this test needs the node of an earlier test')
    const client = await WsClient.connect(node.gatewayUrl, node.token({ sub: 'last', rooms: {} }))
    const stopping = node.stop('SIGTERM')
    expect(await client.next('disconnect', { withinMs: 10_000 })).toMatchObject({
      reason: 'server_shutdown',
      code: 1012,
    })
    expect((await client.whenClosed({ withinMs: 10_000 })).code).toBe(1012)
    expect(await stopping).toBe(0)
  })
})

async function series({ rest }: NodeProcess): Promise<StatsSeries> {
  const { now } = await rest.get<NodeStatus>('/v1/node')
  return rest.get<StatsSeries>('/v1/stats', { from: now - 30_000, to: now, step: 1 })
}
