import { afterEach, expect, it } from 'vitest'
import { TestGateway } from './testing/test-gateway.js'

let gateway: TestGateway
afterEach(() => gateway.stop())

const large = 'x'.repeat(40_000)

it.each(['data', 'control'])(
  '[L-6] refuses a frame over the rate of bytes on the %s lane, and the connection lives',
  async (lane) => {
    gateway = await TestGateway.start({ hub: { byteRate: 1 }, gateway: { forceControlRoad: lane === 'control' } })
    const client = await gateway.join('chat:a')
    const ids = [10, 11, 12, 13]
    for (const id of ids) client.sendText({ id, event: 'publish', data: { room: 'chat:a', data: large } })
    client.sendText({ id: 14, event: 'ping' })
    const replies: Record<string, unknown>[] = []
    while (replies.length < 5) {
      const frame = await client.json()
      if ('id' in frame) replies.push(frame)
    }
    const of = (id: number) => replies.find((reply) => reply['id'] === id)
    expect(ids.map((id) => of(id)?.['ok'])).toEqual([{ offset: 1 }, { offset: 2 }, { offset: 3 }, undefined])
    expect(of(13)).toMatchObject({
      error: { code: 'rate_limited', message: 'too many bytes', retryAfterMs: expect.any(Number) },
    })
    expect(of(14)).toEqual({ id: 14, ok: {} })
    expect(gateway.hub.books.snapshot()).toMatchObject({ published: 3 })
  },
)

it('[L-1] refuses a publish over the rate of frames with the time to wait, and does not queue it', async () => {
  gateway = await TestGateway.start({ hub: { messageRate: 2, messageBurst: 4 } })
  gateway.ports.clock.frozenAtMs = performance.now()
  const client = await gateway.join('chat:a')
  const ids = [10, 11, 12]
  for (const id of ids) client.sendText({ id, event: 'publish', data: { room: 'chat:a', data: id } })
  const frames: Record<string, unknown>[] = []
  while (frames.length < 5) frames.push(await client.json())
  const refused = { code: 'rate_limited', retryAfterMs: expect.any(Number) }
  expect(frames.find(({ id }) => id === 12)).toMatchObject({ error: refused })
  gateway.ports.clock.skippedMs += 60_000
  client.sendText({ id: 13, event: 'publish', data: { room: 'chat:a', data: 13 } })
  expect(await client.json()).toMatchObject({ event: 'message', offset: 3, data: 13 })
})

it('says in the answer to connect how many bytes a second it takes', async () => {
  gateway = await TestGateway.start({ hub: { byteRate: 5_000 } })
  expect(await gateway.authenticate(await gateway.open())).toMatchObject({ ok: { limits: { bytesPerSecond: 5_000 } } })
})
