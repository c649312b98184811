import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectionRow, Operation, Page, Plan } from '@gatehouse/protocol/rest'
import { booksOf, imbalances } from '../support/books.ts'
import { closeCrowd, connectCrowd } from '../support/crowd.ts'
import { NodeProcess } from '../support/node-process.ts'
import { planAndRun, returnToService, whenOver } from '../support/operations.ts'
import { bySize } from '../support/size.ts'
import { until } from '../support/until.ts'
import { OpeningRefused, WsClient } from '../support/ws-client.ts'

const SLOT_MS = 100

describe('draining a node', () => {
  const count = bySize({ small: 200, long: 1000 })
  const rate = bySize({ small: 50, long: 100 })
  let node: NodeProcess
  beforeAll(async () => {
    node = await NodeProcess.start()
  })
  afterAll(() => node.dispose())

  const readiness = async (): Promise<number> => (await node.rest.fetch('/readyz')).status

  it(`[C-5] closes ${count} connections to zero at ${rate} a second and counts every one`, async () => {
    const clients = await connectCrowd(node, count, 'chat:drained')
    const closedAt: number[] = []
    for (const { socket } of clients) socket.once('close', () => closedAt.push(performance.now()))
    const { plan, operation } = await planAndRun(node.rest, {
      kind: 'drain',
      parameters: { rate, noticeMs: 500, lbWaitMs: 0, onDone: 'hold' },
    })
    expect(plan.blast.connections).toBe(count)
    expect(plan.estimate.rate).toBeCloseTo(rate)
    const plannedMs = (count / rate) * 1000

    expect(await clients[0]?.next('drain')).toMatchObject({ operation: operation.id })
    const refused: unknown = await WsClient.open(node.gatewayUrl).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(OpeningRefused)
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } })
    expect(await readiness()).toBe(503)

    const over = await whenOver(node.rest, operation.id, plannedMs + 20_000)
    expect(over).toMatchObject({ state: 'done', holds: true, failure: null })
    expect(over.progress).toMatchObject({ initial: count, unaccounted: 0, buckets: { remaining: 0, forced: 0 } })
    const { migratedEarly, closedClean, leftOnTheirOwn } = over.progress.buckets
    expect(migratedEarly + closedClean + leftOnTheirOwn).toBe(count + over.progress.late)

    await Promise.all(clients.map((client) => client.whenClosed()))
    expect(new Set(clients.map(({ closed }) => closed?.code))).toEqual(new Set([1012]))
    expect(clients.every(({ closed, connection }) => closed?.reason === `drain ${connection}`)).toBe(true)
    expect((await node.rest.get<Page<ConnectionRow>>('/v1/connections')).total).toBe(0)

    // As the clients saw it, the drain took as long as planned, and no tenth of a second had a burst.
    const first = Math.min(...closedAt)
    const tookMs = Math.max(...closedAt) - first
    expect(tookMs).toBeGreaterThan(plannedMs * 0.9 - SLOT_MS)
    expect(tookMs).toBeLessThan(plannedMs * 1.1 + SLOT_MS)
    const seconds = new Map<number, number>()
    for (const at of closedAt) {
      const second = Math.floor((at - first) / 1000)
      seconds.set(second, (seconds.get(second) ?? 0) + 1)
    }
    expect(Math.max(...seconds.values())).toBeLessThanOrEqual(Math.ceil(rate * 1.5) + 1)
    expect(imbalances(await booksOf(node.rest))).toEqual([])
    expect((await booksOf(node.rest)).closedByReason['drain']).toBe(count)

    await returnToService(node.rest)
    await until('the node is ready again', async () => (await readiness()) === 200)
    await closeCrowd(await connectCrowd(node, 3, 'chat:drained'))
  })

  it('starts a bulk disconnect at its scheduled time', async () => {
    const clients = await connectCrowd(node, 3, 'chat:later')
    const plan = await node.rest.post<Plan>('/v1/operations', {
      kind: 'disconnect',
      target: { filter: 'room:chat:later' },
      reason: 'a test',
      dryRun: true,
    })
    const startAt = Date.now() + 1500
    const ordered = await node.rest.post<Operation>('/v1/operations', { planId: plan.planId, startAt })
    expect(ordered).toMatchObject({ state: 'prepare', startedAt: null })
    expect(clients.every(({ closed }) => closed === undefined)).toBe(true)
    const over = await whenOver(node.rest, ordered.id, 15_000)
    expect(over).toMatchObject({ state: 'done', progress: { initial: 3, unaccounted: 0 } })
    expect(over.startedAt).toBeGreaterThanOrEqual(startAt - 50)
    await Promise.all(clients.map((client) => client.whenClosed()))
  })

  it('can be paused, and cancelled without further closes', async () => {
    const clients = await connectCrowd(node, 40, 'chat:paused')
    const { operation } = await planAndRun(node.rest, {
      kind: 'drain',
      parameters: { rate: 10, noticeMs: 0, lbWaitMs: 0 },
    })
    await until('some are closed', () => clients.some(({ closed }) => closed !== undefined))
    await node.rest.post(`/v1/operations/${operation.id}/pause`)
    const left = await until('closing has stopped', () =>
      steady(() => clients.filter(({ closed }) => closed === undefined).length),
    )
    expect(left).toBeGreaterThan(0)
    await node.rest.post(`/v1/operations/${operation.id}/cancel`)
    expect(await whenOver(node.rest, operation.id, 5000)).toMatchObject({
      state: 'cancelled',
      progress: { unaccounted: 0 },
    })
    await until('the node is ready again', async () => (await readiness()) === 200)
    expect(clients.filter(({ closed }) => closed === undefined)).toHaveLength(left)
    await closeCrowd(clients)
  })

  it('disconnects exactly the connections of a bulk plan, with its message', async () => {
    const [hit, spared] = [await connectCrowd(node, 20, 'chat:hit'), await connectCrowd(node, 5, 'chat:spared')]
    const { plan, operation } = await planAndRun(node.rest, {
      kind: 'disconnect',
      target: { filter: 'room:chat:hit' },
      parameters: { rate: 100, noticeMs: 0, disconnectReason: 'force_reconnect', message: 'new release' },
    })
    expect(plan.blast.connections).toBe(20)
    const over = await whenOver(node.rest, operation.id, 15_000)
    expect(over.progress).toMatchObject({ unaccounted: 0, buckets: { remaining: 0, closedClean: 20 } })
    for (const client of hit) {
      expect(await client.next('disconnect')).toMatchObject({ reason: 'force_reconnect', message: 'new release' })
      expect((await client.whenClosed()).code).toBe(4008)
    }
    for (const client of spared) expect(await client.seen('disconnect')).toEqual([])
    await closeCrowd(spared)
  })
})

/** The value of `read` once it is the same as half a second before. */
async function steady(read: () => number): Promise<number | undefined> {
  const before = read()
  await new Promise((resolve) => setTimeout(resolve, 500))
  return read() === before ? before : undefined
}
