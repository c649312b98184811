import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Books, NodeStatus } from '@gatehouse/protocol/rest'
import { booksOf, imbalances } from '../support/books.ts'
import { closeCrowd, connectCrowd } from '../support/crowd.ts'
import { NodeProcess } from '../support/node-process.ts'
import { RawClient } from '../support/raw-client.ts'
import { bySize } from '../support/size.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

describe('the books', () => {
  const rounds = bySize({ small: 3, long: 20 })
  let node: NodeProcess
  let snapshots: Books[] = []
  beforeAll(async () => {
    node = await NodeProcess.start()
  })
  afterAll(() => node.dispose())

  const token = (sub: string): string => node.token({ sub, rooms: { '**': ['join', 'publish'] } })
  const joined = async (sub: string, room: string): Promise<RawClient> => {
    const client = await RawClient.open(node.gatewayUrl, token(sub))
    client.sendText({ id: 1, event: 'join', data: { room } })
    return client
  }
  const snapshot = async (): Promise<Books> => {
    const books = await booksOf(node.rest)
    snapshots.push(books)
    return books
  }
  const allClosed = (): Promise<Books> =>
    until('every connection is closed', async () => {
      const books = await snapshot()
      return books.open === 0 ? books : undefined
    })

  it(`[U-1] [U-2] [U-3] hold in every snapshot through ${rounds} rounds of clients that end in every way`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const publisher = await WsClient.connect(node.gatewayUrl, token(`publisher-${round}`))
      const raw = await Promise.all(Array.from({ length: 12 }, (_, i) => joined(`raw-${round}-${i}`, 'chat:churn')))
      const crowd = await connectCrowd(node, 12, 'chat:churn')
      for (let i = 0; i < 10; i += 1) await publisher.ask('publish', { room: 'chat:churn', data: 'x'.repeat(500) })
      for (const [i, client] of raw.entries()) {
        client.sendHalf({ event: 'publish', data: { room: 'chat:churn', data: 'never whole' } })
        if (i % 3 === 0) client.reset()
        else if (i % 3 === 1) client.end()
        else client.socket.destroy()
      }
      for (let i = 0; i < 10; i += 1) {
        await publisher.ask('publish', { room: 'chat:churn', data: i })
        await snapshot()
      }
      await closeCrowd([...crowd, publisher])
    }
    const books = await allClosed()
    expect(snapshots.flatMap(imbalances)).toEqual([])
    expect(books.deliveries.queued).toBe(0)
    expect(books.closedByReason['client_close']).toBe(rounds * 13)
    expect(books.closed - rounds * 13).toBe(rounds * 12)
    const metrics = await node.rest.metrics()
    expect(metrics.sum('gatehouse_disconnects_total')).toBe(books.closed)
    expect(metrics.sum('gatehouse_connections')).toBe(0)
  })

  it('hold while clients stop reading, and every one that was cut is explained', async () => {
    snapshots = []
    const frozen = await Promise.all(Array.from({ length: 4 }, (_, i) => joined(`frozen-${i}`, 'chat:slow')))
    const reader = await WsClient.connect(node.gatewayUrl, token('reader'))
    await reader.ask('join', { room: 'chat:slow' })
    frozen.forEach((client) => client.freeze())
    const publisher = await WsClient.connect(node.gatewayUrl, token('loud'))
    const data = 'x'.repeat(60_000)
    await until(
      'the frozen clients are cut',
      async () => {
        for (let i = 0; i < 10; i += 1) await publisher.reply('publish', { room: 'chat:slow', data })
        const { closedByReason } = await snapshot()
        const cut = (closedByReason['slow_consumer_bytes'] ?? 0) + (closedByReason['slow_consumer_deadline'] ?? 0)
        return cut === frozen.length
      },
      { withinMs: 40_000, everyMs: 200 },
    )
    expect(await reader.seen('disconnect')).toEqual([])
    await closeCrowd([reader, publisher])
    frozen.forEach((client) => client.reset())
    await allClosed()
    expect(snapshots.flatMap(imbalances)).toEqual([])
  })

  it('hold while PostgreSQL is killed, and traffic continues', async () => {
    snapshots = []
    const before = await snapshot()
    const [a, b] = await connectCrowd(node, 2, 'chat:storeless')
    if (a === undefined || b === undefined) throw new Error('this test needs two clients')
    execFileSync('kill', ['-9', String(postmasterPid(node.dataDir))])
    await a.ask('publish', { room: 'chat:storeless', data: 'still here' })
    expect(await b.next('message')).toMatchObject({ data: 'still here' })
    await a.close()
    await snapshot()
    await until('the store is back', async () => (await node.rest.get<NodeStatus>('/v1/node')).store.state === 'up', {
      withinMs: 30_000,
    })
    await b.close()
    const books = await allClosed()
    expect(snapshots.flatMap(imbalances)).toEqual([])
    expect(books.recordsDropped).toBe(before.recordsDropped)
    for (const { connection } of [a, b]) {
      await until('its record', () => node.rest.get(`/v1/closed/${connection}`))
    }
  })
})

function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'pg18', 'postmaster.pid'), 'utf8').split('\n')[0])
}
