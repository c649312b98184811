import { connect, type Connection, type ConnectOptions, type Gap } from '@gatehouse/client'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { booksOf, imbalances } from '../support/books.ts'
import { NodeProcess } from '../support/node-process.ts'
import { planAndRun, whenOver } from '../support/operations.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { until } from '../support/until.ts'

const CLIENTS = 20
const SAID_EVERY_MS = 10

/** A client made with the SDK, and everything it was told. */
interface Guest {
  readonly connection: Connection
  readonly firstId: string | undefined
  readonly heard: { readonly epoch: string; readonly offset: number; readonly data: unknown }[]
  readonly gaps: Gap[]
  readonly ends: unknown[]
}

describe('clients of the library in a room of a node that is drained', () => {
  let node: NodeProcess
  let other: NodeProcess
  let gate: FaultProxy
  const guests: Guest[] = []
  beforeAll(async () => {
    const env = { JWT_SECRET: randomBytes(48).toString('base64url') }
    ;[node, other] = await Promise.all([NodeProcess.start({ env }), NodeProcess.start({ env })])
    gate = await FaultProxy.to(node.gatewayUrl)
  })
  afterEach(() => guests.splice(0).forEach(({ connection }) => connection.close()))
  afterAll(async () => {
    gate?.close()
    await Promise.all([node?.dispose(), other?.dispose()])
  })

  const join = async (room: string, options: Pick<ConnectOptions, 'url'>): Promise<void> => {
    const arriving = Array.from({ length: CLIENTS }, async (_, index): Promise<Guest> => {
      const token = node.token({ sub: `guest-${index}`, rooms: { 'chat:*': ['join', 'publish'] } })
      const connection = connect({ ...options, token })
      const [heard, gaps, ends]: [Guest['heard'], Gap[], unknown[]] = [[], [], []]
      let epoch = ''
      connection.on('disconnect', (end) => ends.push(end))
      await connection.join(room, {
        onJoined: (state) => void (epoch = state.epoch),
        onMessage: (message) =>
          heard.push({ epoch: message.epoch ?? epoch, offset: message.offset, data: message.data }),
        onGap: (gap) => gaps.push(gap),
      })
      return { connection, firstId: connection.id, heard, gaps, ends }
    })
    guests.push(...(await Promise.all(arriving)))
  }
  const allTold = (): Promise<unknown> =>
    Promise.all(guests.map(({ connection }) => new Promise<void>((resolve) => connection.on('drain', () => resolve()))))
  const haveMoved = (): boolean =>
    guests.every(({ connection, firstId }) => connection.state === 'open' && connection.id !== firstId)

  it('move within the node when the drain is cancelled, and receive every message once', async () => {
    const room = 'chat:called-off'
    await join(room, { url: node.gatewayUrl })
    const told = allTold()
    let said = 0
    const end = new AbortController()
    const talking = (async () => {
      while (!end.signal.aborted) {
        await node.rest.post(`/v1/rooms/${room}/publish`, { data: (said += 1) })
        await wait(SAID_EVERY_MS)
      }
    })()
    const { operation } = await planAndRun(node.rest, {
      kind: 'drain',
      parameters: { rate: CLIENTS, noticeMs: 3000, lbWaitMs: 0 },
    })
    await told
    await node.rest.post(`/v1/operations/${operation.id}/cancel`)
    await until('all have moved', haveMoved, { withinMs: 20_000 })
    end.abort()
    await talking
    await until('the last message', () => guests.every(({ heard }) => heard.at(-1)?.data === said))
    const all = Array.from({ length: said }, (_, index) => index + 1)
    for (const { heard, gaps, ends } of guests) {
      expect(heard.map(({ data }) => data)).toEqual(all)
      expect([gaps, ends]).toEqual([[], []])
    }
    expect((await booksOf(node.rest)).closedByReason['drain'] ?? 0).toBe(0)
    expect(imbalances(await booksOf(node.rest))).toEqual([])
  })

  it('move to the other node before the first one closes them, and can publish throughout', async () => {
    const room = 'chat:moved'
    gate.turn(node.gatewayUrl)
    await join(room, { url: gate.url })
    const end = new AbortController()
    const failures: unknown[] = []
    const talking = guests.map(async ({ connection }) => {
      while (!end.signal.aborted) {
        await connection.publish(room, connection.id).catch((error: unknown) => failures.push(error))
        await wait(10 * SAID_EVERY_MS)
      }
    })
    const told = allTold()
    gate.turn(other.gatewayUrl)
    const { operation } = await planAndRun(node.rest, {
      kind: 'drain',
      parameters: { rate: 10 * CLIENTS, noticeMs: 1000, lbWaitMs: 0, onDone: 'serve' },
    })
    await told
    // Some clients are told to reconnect only when the first closes are due. At this rate none comes for ten seconds.
    await node.rest.patch(`/v1/operations/${operation.id}`, { rate: 0.1 })
    const over = await whenOver(node.rest, operation.id, 20_000)
    await until('all have moved', haveMoved)
    const closedByDrain = (await booksOf(node.rest)).closedByReason['drain'] ?? 0
    end.abort()
    await Promise.all(talking)
    expect(over).toMatchObject({ state: 'done', progress: { initial: CLIENTS, unaccounted: 0 } })
    expect([failures, closedByDrain, guests.flatMap(({ ends }) => ends)]).toEqual([[], 0, []])
    await until('the other node has them all', async () => (await booksOf(other.rest)).open === CLIENTS)
    for (const { heard, gaps } of guests) {
      // Nodes that share no bus each number a room on their own, and the SDK has to report that as a gap.
      expect(gaps).toEqual([{ room, count: undefined, cause: 'epoch_changed' }])
      expect(new Set(heard.map(({ epoch, offset }) => `${epoch} ${offset}`)).size).toBe(heard.length)
      expect(new Set(heard.map(({ epoch }) => epoch)).size).toBe(2)
    }
  })
})
