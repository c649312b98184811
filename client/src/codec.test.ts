import { describe, expect, it } from 'vitest'
import type { Codec } from './codec.js'
import { connectOk, settled, start, started } from './testing.js'

/** Not JSON: its bytes are shifted by one. Bytes stay bytes, as in encodings that know them. */
const shifted: Codec = {
  subprotocol: 'gatehouse.v1.shifted',
  encode: (frame) => shift(new TextEncoder().encode(JSON.stringify(frame)), 1),
  decode: (bytes) => JSON.parse(new TextDecoder().decode(shift(bytes, -1))),
}
const shift = (bytes: Uint8Array, by: number): Uint8Array => Uint8Array.from(bytes, (byte) => byte + by)
const asBuffer = (frame: object): ArrayBuffer => Uint8Array.from(shifted.encode(frame)).buffer

async function opening(selected: string) {
  const made = start({ codec: shifted })
  made.newest().protocol = selected
  await made.newest().accept()
  return made
}

describe('a codec of the application', () => {
  it('is offered first and used in both directions if the server selects it', async () => {
    const { connection, newest } = await opening('gatehouse.v1.shifted')
    const socket = newest()
    expect([socket.protocols, socket.binaryType]).toEqual([
      ['gatehouse.v1.shifted', 'gatehouse.v1.json'],
      'arraybuffer',
    ])
    const frame = shifted.decode(socket.wire[0] as Uint8Array)
    expect(frame).toMatchObject({ id: 1, event: 'connect', data: { token: 'secret' } })
    await socket.data(asBuffer({ id: 1, ok: connectOk() }))
    const heard: unknown[] = []
    const joining = connection.join('chat:a', { onMessage: ({ data }) => heard.push(data) })
    await settled()
    await socket.data(asBuffer({ id: 2, ok: { room: {}, epoch: 'e1', offset: 7 } }))
    await joining
    await socket.data(asBuffer({ event: 'message', room: 'chat:a', offset: 8, data: { text: 'ä' } }))
    expect(heard).toEqual([{ text: 'ä' }])
  })

  it('falls back to JSON if the server does not know it', async () => {
    const { connection, newest } = await opening('gatehouse.v1.json')
    await newest().reply('connect', { ok: connectOk() })
    expect([connection.state, typeof newest().wire[0]]).toEqual(['open', 'string'])
  })
})

describe('bytes', () => {
  it('are sent as base64 if frames are text, with and without retries', async () => {
    const { connection, newest } = await started()
    for (const retry of [false, true]) {
      void connection.publish('chat:a', Uint8Array.of(1, 2, 255), { retry, key: 'k' }).catch(() => {})
      await settled()
      expect(newest().last('publish').data).toEqual({ room: 'chat:a', data64: 'AQL/', key: 'k' })
    }
  })
})

describe('a frame that cannot be parsed', () => {
  it.each([['{"event":'], ['null'], [new ArrayBuffer(2)]])(
    'closes the connection, which then reconnects: %o',
    async (data) => {
      const { connection, newest, made, clock } = await started()
      const errors: string[] = []
      connection.on('error', ({ code }) => errors.push(code))
      await newest().data(data)
      expect([errors, connection.state, made[0]?.closed]).toEqual([['unreadable_frame'], 'waiting', { code: 3000 }])
      await clock.pass(250)
      expect(made).toHaveLength(2)
    },
  )
})
