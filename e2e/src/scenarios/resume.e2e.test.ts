import { connect, type Connection } from '@gatehouse/client'
import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FaultProxy, type Cut } from '../support/fault-proxy.ts'
import { NodeProcess } from '../support/node-process.ts'
import { bySize } from '../support/size.ts'
import { StreamReader, traced } from '../support/stream-reader.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

const CLIENTS = 200
const CUTS = 20
/** 25 messages a second each: a client that is away for 12 s can still recover its 300 messages. */
const ROOMS = 20
const MESSAGES_A_SECOND = 500
const TICK_MS = 20

/** Publishes to the rooms in turn at a steady rate until stopped, and records what was acknowledged. */
class Source {
  readonly acked = new Map<string, number>()
  readonly #client: WsClient
  readonly #rooms: readonly string[]
  readonly #timer: NodeJS.Timeout
  readonly #startedAt = Date.now()
  #sent = 0
  #settled = 0
  #failed = 0

  constructor(client: WsClient, rooms: readonly string[]) {
    this.#client = client
    this.#rooms = rooms
    this.#timer = setInterval(() => this.#publish(), TICK_MS)
  }

  get failed(): number {
    return this.#failed
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await until('every publish is answered', () => this.#settled === this.#sent)
    await this.#client.close()
  }

  #publish(): void {
    // A late tick catches up: the rate follows the clock, not the timers.
    const due = ((Date.now() - this.#startedAt) / 1000) * MESSAGES_A_SECOND
    for (; this.#sent < due; this.#sent += 1) {
      const room = this.#rooms[this.#sent % this.#rooms.length] ?? ''
      void this.#client.reply('publish', { room, data: traced(room, this.#sent) }, { withinMs: 20_000 }).then(
        ({ ok }) => {
          this.#settled += 1
          if (ok === undefined) this.#failed += 1
          else this.acked.set(room, (ok as { offset: number }).offset)
        },
        () => (this.#failed += 1),
      )
    }
  }
}

describe('clients whose network breaks', () => {
  let node: NodeProcess
  const config = tempFolder('resume')
  const proxies: FaultProxy[] = []
  const connections: Connection[] = []
  const rooms = Array.from({ length: ROOMS }, (_, i) => `stream:${i}`)

  beforeAll(async () => {
    const file = join(config.path, 'room-types.json')
    const history = { count: 5000, bytes: 10_000_000, ageMs: 600_000 }
    writeFileSync(file, JSON.stringify({ roomTypes: [{ pattern: 'stream:*', kind: 'recoverable', history }] }))
    const env = { GATEHOUSE_CONFIG: file, MESSAGE_RATE: '0', MAX_CONNECTIONS_PER_USER: '0' }
    node = await NodeProcess.start({ env })
  })
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close()
    for (const proxy of proxies.splice(0)) proxy.close()
  })
  afterAll(async () => {
    await node.dispose()
    config.remove()
  })

  const open = (sub: string, url: string): Connection => {
    const token = node.token({ sub, rooms: { '**': ['join'] } })
    const connection = connect({ url, getToken: () => token, WebSocket })
    connections.push(connection)
    return connection
  }
  const source = async (among: readonly string[]): Promise<Source> =>
    new Source(
      await WsClient.connect(node.gatewayUrl, node.token({ sub: 'source', rooms: { '**': ['publish'] } })),
      among,
    )
  /** At most the bytes of a frame or two, so that a cut can fall in the middle of one. */
  const anyCut = (): Cut => (['reset', 'end', { afterBytes: randomInt(1, 300) }] as const)[randomInt(3)] ?? 'reset'

  it(`get every message once, in order, over ${CUTS} cuts of ${CLIENTS} clients under ${MESSAGES_A_SECOND} messages a second`, async () => {
    const readers: StreamReader[] = []
    const publisher = await source(rooms)
    const startedAt = Date.now()
    const live = async (i: number): Promise<void> => {
      const proxy = await FaultProxy.to(node.gatewayUrl)
      proxies.push(proxy)
      const connection = open(`user-${i}`, proxy.url)
      for (const at of [i, i + 3]) {
        const reader = new StreamReader(rooms[at % ROOMS] ?? '')
        readers.push(reader)
        await reader.join(connection)
      }
      for (let cut = 0; cut < CUTS; cut += 1) {
        const { id } = connection
        await wait(randomInt(50, 600))
        proxy.cut(anyCut())
        await until(`client ${i} is back`, () => connection.state === 'open' && connection.id !== id, {
          withinMs: 30_000,
          everyMs: 20,
        })
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => live(i)))
    await publisher.stop()
    const seconds = (Date.now() - startedAt) / 1000
    const isCaughtUp = ({ room, offset }: StreamReader): boolean => offset === publisher.acked.get(room)
    await until('everybody has read to the end', () => readers.every(isCaughtUp), { withinMs: 20_000 }).catch(() => {})
    const total = (of: (reader: StreamReader) => number): number => readers.reduce((sum, reader) => sum + of(reader), 0)
    const recovered = total((reader) => reader.recovered)
    console.log(
      `${CLIENTS * CUTS} cuts in ${seconds.toFixed(1)} s; ${total(({ received }) => received)} messages received by ` +
        `${readers.length} members; ${recovered} joins recovered, ${total((reader) => reader.notRecovered)} did not`,
    )
    expect(readers.flatMap(({ complaints }) => complaints)).toEqual([])
    expect(readers.flatMap(({ gaps }) => gaps)).toEqual([])
    expect(readers.filter((reader) => !isCaughtUp(reader))).toEqual([])
    expect(publisher.failed).toBe(0)
    expect(recovered).toBeGreaterThanOrEqual(CLIENTS * CUTS)
    const metrics = await node.rest.metrics()
    expect(metrics.sum('gatehouse_recoveries_total', { result: 'recovered' })).toBeGreaterThanOrEqual(recovered)
  }, 180_000)

  it('rejoin their rooms all at once, many rooms in a frame, and miss nothing', async () => {
    const crowd = bySize({ small: 200, long: 1000 })
    const own = rooms.slice(0, 10)
    const proxy = await FaultProxy.to(node.gatewayUrl)
    proxies.push(proxy)
    const readers: StreamReader[] = []
    const clients: Connection[] = []
    for (let i = 0; i < crowd; i += 1) {
      const connection = open(`crowd-${i}`, proxy.url)
      clients.push(connection)
      for (const room of own) readers.push(new StreamReader(room))
      await Promise.all(readers.slice(-own.length).map((reader) => reader.join(connection)))
    }
    const publisher = await WsClient.connect(
      node.gatewayUrl,
      node.token({ sub: 'source', rooms: { '**': ['publish'] } }),
    )
    const ids = clients.map(({ id }) => id)
    proxy.isDown = true
    proxy.cut('reset')
    await until('the node noticed', async () => (await node.rest.get<{ open: number }>('/v1/node')).open === 1)
    const newest = new Map<string, number>()
    for (let n = 0; n < 20 * own.length; n += 1) {
      const room = own[n % own.length] ?? ''
      newest.set(room, (await publisher.ask<{ offset: number }>('publish', { room, data: traced(room, n) })).offset)
    }
    proxy.isDown = false
    await until(
      'everybody is back and has read to the end',
      () =>
        clients.every(({ id }, i) => id !== ids[i]) && readers.every(({ room, offset }) => offset === newest.get(room)),
      { withinMs: 60_000 },
    )
    expect(readers.flatMap(({ complaints }) => complaints)).toEqual([])
    expect(readers.flatMap(({ gaps }) => gaps)).toEqual([])
  }, 120_000)
})
