import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { booksOf, imbalances } from '../support/books.ts'
import { NodeProcess } from '../support/node-process.ts'
import { openingRequest } from '../support/raw-client.ts'
import { bySize } from '../support/size.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

const PROMISED_MS = 1000

describe('a flood of openings', () => {
  const floodMs = bySize({ small: 3000, long: 20_000 })
  let node: NodeProcess
  beforeAll(async () => {
    node = await NodeProcess.start()
  })
  afterAll(() => node.dispose())

  it(`for ${floodMs} ms does not keep an operator waiting over a second`, async () => {
    const flood = new Flood(node.gatewayUrl, node.token({ sub: 'flooder', rooms: {} }))
    const waits: number[] = []
    const endsAt = performance.now() + floodMs
    while (performance.now() < endsAt) {
      for (const path of ['/v1/node', '/v1/connections', '/v1/closed']) {
        const askedAt = performance.now()
        await node.rest.get(path)
        waits.push(performance.now() - askedAt)
      }
    }
    const { attempts } = flood.stop()
    expect(attempts).toBeGreaterThan(floodMs / 10)
    expect(Math.max(...waits)).toBeLessThan(PROMISED_MS)
    await until('the flood has run off', async () => (await booksOf(node.rest)).open === 0)
    expect(imbalances(await booksOf(node.rest))).toEqual([])
  })

  it('is refused as overload while the node gets almost no CPU time, and accepted again afterwards', async () => {
    const flood = new Flood(node.gatewayUrl, node.token({ sub: 'flooder', rooms: {} }), 10)
    const starving = starve(node.pid)
    try {
      await until('a refusal', () => flood.overloaded > 0, { withinMs: 20_000 })
    } finally {
      await starving.end()
      flood.stop()
    }
    const client = await WsClient.open(node.gatewayUrl)
    await client.close()
    const books = await until('the flood has run off', async () => {
      const books = await booksOf(node.rest)
      return books.open === 0 && books
    })
    expect(books.refusedByReason['overload']).toBeGreaterThanOrEqual(flood.overloaded)
    expect(imbalances(books)).toEqual([])
  })
})

/** Lets a process run only for moments, as on an overloaded machine, so that its loop lags turn after turn. */
function starve(pid: number): { end(): Promise<void> } {
  const over = new AbortController()
  const starving = (async () => {
    while (!over.signal.aborted) {
      process.kill(pid, 'SIGSTOP')
      await wait(350)
      process.kill(pid, 'SIGCONT')
      await wait(15)
    }
  })()
  return {
    end: async () => {
      over.abort()
      await starving
    },
  }
}

/** Opens and ends WebSockets, many at once, until it is stopped. */
class Flood {
  attempts = 0
  /** How many were refused as `overload`. */
  overloaded = 0
  #isStopped = false
  readonly #url: URL
  readonly #request: string

  constructor(url: string, token: string, atOnce = 100) {
    this.#url = new URL(url)
    this.#request = openingRequest(this.#url.host, this.#url.pathname, token)
    for (let i = 0; i < atOnce; i += 1) this.#open()
  }

  stop(): this {
    this.#isStopped = true
    return this
  }

  #open(): void {
    if (this.#isStopped) return
    this.attempts += 1
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port) }, () =>
      socket.write(this.#request),
    )
    socket.once('data', (answer: Buffer) => {
      if (answer.includes('"overload"')) this.overloaded += 1
      socket.resetAndDestroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => setImmediate(() => this.#open()))
  }
}
