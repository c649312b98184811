import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  CloseRecord,
  CloseRecordDetail,
  ConnectionDetail,
  ConnectionRow,
  DisconnectResult,
  Page,
} from '@gatehouse/protocol/rest'
import { booksOf, imbalances } from '../support/books.ts'
import { NodeProcess } from '../support/node-process.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

describe('one connection, from its opening to the record of its end', () => {
  let node: NodeProcess
  beforeAll(async () => {
    node = await NodeProcess.start()
  })
  afterAll(() => node.dispose())

  const connected = (sub: string): Promise<WsClient> =>
    WsClient.connect(node.gatewayUrl, node.token({ sub, rooms: { 'chat:*': ['join', 'publish'] } }), {
      client: { name: 'plain', version: '1.0' },
      labels: { region: 'eu' },
    })

  it('shows a client of a plain WebSocket library with its details and its traffic', async () => {
    const client = await connected('alice')
    await client.ask('join', { room: 'chat:lobby' })
    const page = await node.rest.get<Page<ConnectionRow>>('/v1/connections', { filter: 'user:alice' })
    expect(page).toMatchObject({ total: 1, nodes: { answered: 1, of: 1 } })
    expect(page.items[0]).toMatchObject({
      id: client.connection,
      user: 'alice',
      state: 'open',
      client: { name: 'plain', version: '1.0' },
      labels: { region: 'eu' },
      rooms: 1,
    })
    const detail = await node.rest.get<ConnectionDetail>(`/v1/connections/${client.connection}`)
    expect(detail.claims).toMatchObject({ subject: 'alice', rooms: { 'chat:*': ['join', 'publish'] } })
    expect(detail.memberships).toMatchObject([{ room: 'chat:lobby' }])
    await client.close()
  })

  it('tells a kicked client the code, the reason and its id, and records who did it and why', async () => {
    const [client, neighbour] = [await connected('bob'), await connected('carol')]
    const before = await node.rest.metrics()
    const result = await node.rest.post<DisconnectResult>(`/v1/connections/${client.connection}/disconnect`, {
      reason: 'kicked',
      message: 'be kind',
      note: 'third complaint',
    })
    expect(result).toMatchObject({ id: client.connection, reason: 'kicked', code: 4504, audited: true })
    expect(await client.next('disconnect')).toMatchObject({
      code: 4504,
      reason: 'kicked',
      connection: client.connection,
      message: 'be kind',
    })
    expect(await client.whenClosed()).toEqual({ code: 4504, reason: `kicked ${client.connection}` })
    const record = await until('the close record', () =>
      node.rest.get<CloseRecordDetail>(`/v1/closed/${client.connection}`),
    )
    expect(record).toMatchObject({ reason: 'kicked', initiator: 'operator', code: 4504, user: 'bob', clean: true })
    expect(record.actor).not.toBeNull()
    expect(record.sentence).toContain('be kind')
    expect(record.sentence).toContain(record.actor ?? 'nobody')
    const after = await node.rest.metrics()
    const moved = (labels: Record<string, string>): number =>
      (after.sum('gatehouse_disconnects_total', labels) ?? Number.NaN) -
      (before.sum('gatehouse_disconnects_total', labels) ?? Number.NaN)
    expect([moved({ reason: 'kicked' }), moved({})]).toEqual([1, 1])
    expect(await neighbour.seen('disconnect')).toEqual([])
    await neighbour.close()
  })

  it('[C-4] says the same sentence in the push and over REST, and adds a cure over REST', async () => {
    const client = await connected('fay')
    for (let i = 0; i < 10; i += 1) client.send('nonsense')
    const { sentence } = await client.next('disconnect')
    const record = await until('the close record', () =>
      node.rest.get<CloseRecordDetail>(`/v1/closed/${client.connection}`),
    )
    expect(record).toMatchObject({ reason: 'too_many_errors', sentence, cure: expect.stringMatching(/\.$/) })
    expect(sentence).toContain('10')
  })

  it('counts and records a client that ends by itself as closed by the client', async () => {
    const client = await connected('dora')
    await client.close(3999)
    const record = await until('the close record', () =>
      node.rest.get<CloseRecordDetail>(`/v1/closed/${client.connection}`),
    )
    expect(record).toMatchObject({ reason: 'client_app_code', initiator: 'client', evidence: { receivedCode: 3999 } })
    expect(imbalances(await booksOf(node.rest))).toEqual([])
  })

  it('answers a second disconnect of the same connection with a problem, not with a second record', async () => {
    const client = await connected('eve')
    const disconnect = (): Promise<unknown> =>
      node.rest.post(`/v1/connections/${client.connection}/disconnect`, { reason: 'force_reconnect' })
    await disconnect()
    await client.whenClosed()
    await expect(disconnect()).rejects.toMatchObject({ status: 404 })
    const page = await node.rest.get<Page<CloseRecord>>('/v1/closed', { filter: `id:${client.connection}` })
    expect(page.items).toHaveLength(1)
  })
})
