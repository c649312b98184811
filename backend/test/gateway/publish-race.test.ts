import { afterEach, describe, expect, it } from 'vitest'
import { clientFrame, type RawClient } from '../../src/gateway/testing/raw-client.js'
import { TestGateway } from '../../src/gateway/testing/test-gateway.js'

const ROOM = 'chat:race'

let gateway: TestGateway
afterEach(() => gateway.stop())

/** Reads until `count` replies and a message have come. */
async function readAll(client: RawClient, count: number) {
  const replies: Record<string, unknown>[] = []
  const messages: Record<string, unknown>[] = []
  while (replies.length < count || messages.length === 0) {
    const frame = await client.json()
    ;(frame['id'] === undefined ? messages : replies).push(frame)
  }
  return { replies, messages }
}

const publish = (id: number, data: unknown, key: string): Buffer =>
  clientFrame(1, JSON.stringify({ id, event: 'publish', data: { room: ROOM, data, key } }))

describe('Forty publishes with one key', () => {
  it('[M-4] at once from four connections of a user are one message, delivered once, with one answer', async () => {
    gateway = await TestGateway.start()
    const publishers = await Promise.all(Array.from({ length: 4 }, () => gateway.join(ROOM)))
    const listener = await gateway.open()
    await gateway.authenticate(listener, 'bob')
    listener.sendText({ id: 2, event: 'join', data: { room: ROOM } })
    await listener.json()
    for (const client of publishers) {
      client.send(...Array.from({ length: 10 }, (_, i) => publish(200 + i, { n: 1 }, 'once')))
    }
    const read = await Promise.all(publishers.map((client) => readAll(client, 10)))
    for (const { replies, messages } of read) {
      expect(replies.map(({ ok }) => ok)).toEqual(Array.from({ length: 10 }, () => ({ offset: 1 })))
      expect(messages).toMatchObject([{ offset: 1, data: { n: 1 }, from: { user: 'alice' } }])
    }
    // If this message comes next, nothing else came before it.
    publishers[0]?.send(publish(300, 'next', 'other'))
    const heard = [await listener.json(), await listener.json()]
    expect(heard).toMatchObject([{ offset: 1 }, { offset: 2, data: 'next' }])
    expect(gateway.hub.books.published).toBe(2)
  })

  it('[M-4] and two payloads are one message, and a conflict for all with the other payload', async () => {
    gateway = await TestGateway.start()
    const publishers = await Promise.all(Array.from({ length: 4 }, () => gateway.join(ROOM)))
    for (const [at, client] of publishers.entries()) {
      client.send(...Array.from({ length: 10 }, (_, i) => publish(200 + i, at % 2, 'torn')))
    }
    const read = await Promise.all(publishers.map((client) => readAll(client, 10)))
    const winner = Number(read[0]?.messages[0]?.['data'])
    for (const [at, { replies, messages }] of read.entries()) {
      expect(messages).toMatchObject([{ offset: 1, data: winner }])
      const answer = at % 2 === winner ? { ok: { offset: 1 } } : { error: { code: 'key_conflict' } }
      expect(replies).toMatchObject(Array.from({ length: 10 }, () => answer))
    }
    expect(gateway.hub.books.published).toBe(1)
  })
})
