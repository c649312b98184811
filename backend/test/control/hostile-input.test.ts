import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlNode, startControlNode } from './support/control-node.js'

describe('the control port refuses a request', () => {
  let node: ControlNode
  beforeAll(async () => {
    node = await startControlNode()
  })
  afterAll(() => node.close())

  const post = () => node.admin('post', '/v1/rooms/chat:one/publish')

  it.each([
    ['with JSON nested 3,000 deep', `{"data":${'['.repeat(3000)}${']'.repeat(3000)}}`, 'nesting deeper'],
    ['with a prototype', '{"data":{"__proto__":1}}', '__proto__ is refused'],
    ['with a number that a double cannot represent', '{"data":9007199254740993}', '2^53'],
  ])('%s', async (_, text, fault) => {
    const { body } = await post().set('Content-Type', 'application/json').send(text).expect(400)
    expect(body).toMatchObject({ code: 'bad_request', detail: expect.stringContaining(fault) as string })
  })

  it('that is not UTF-8, so that the text checked is the text parsed', async () => {
    const { body } = await post()
      .set('Content-Type', 'application/json; charset=utf-16')
      .serialize((x) => x as unknown as string)
      .send(Buffer.from('{"data":{"__proto__":1}}', 'utf16le') as unknown as string)
      .expect(415)
    expect(body).toMatchObject({ code: 'unsupported_media_type' })
    await post().set('Content-Type', 'application/json; charset=utf-8').send('{"data":"é"}').expect(200)
  })

  it.each(['closed', 'refusals', 'audit', 'bans', 'operations', 'access/operators', 'access/api-keys', 'connections'])(
    'with U+0000 in the query of /v1/%s',
    async (list) => {
      for (const query of ['filter=%00', 'filter=user:"a%00b"', 'sort=%00', 'cursor=%00']) {
        const { body } = await node.admin('get', `/v1/${list}?${query}`).expect(400)
        expect(body, query).toMatchObject({ code: 'bad_request' })
      }
    },
  )

  it.each(['bans', 'connections', 'closed', 'refusals', 'operations', 'rooms', 'access/operators', 'access/api-keys'])(
    'with U+0000 in a path below /v1/%s, without an internal failure',
    async (list) => {
      for (const method of ['get', 'patch', 'delete'] as const) {
        const { status } = await node.admin(method, `/v1/${list}/%00`).send()
        expect(status, method).toBeGreaterThanOrEqual(400)
        expect(status, method).toBeLessThan(500)
      }
    },
  )
})
