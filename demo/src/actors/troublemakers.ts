import { RawClient } from '../../../e2e/src/support/raw-client.ts'
import { WsClient } from '../../../e2e/src/support/ws-client.ts'
import { LINES, personOf } from '../cast.ts'
import { pick, type Actor } from '../scene.ts'

/** Joins the busiest room and stops reading. */
export const slowReader: Actor = async (scene, index) => {
  for (;;) {
    const client = await RawClient.open(scene.gatewayUrl, scene.token(personOf(index)))
    client.sendText({ id: 1, event: 'join', data: { room: 'ticker:prices' } })
    await scene.wait(1000)
    client.freeze()
    await scene.wait(60_000, 120_000)
    client.reset()
    await scene.wait(5000, 20_000)
  }
}

/** Joins the standings and stops reading for a while: newer standings replace those it has not read. */
export const napper: Actor = async (scene, index) => {
  for (;;) {
    const client = await RawClient.open(scene.gatewayUrl, scene.token(personOf(index)))
    client.sendText({ id: 1, event: 'join', data: { room: 'board:standings' } })
    // Soon, because the system enlarges the buffers of a socket that is read for long, and nothing would queue.
    await scene.wait(1000)
    client.freeze()
    await scene.wait(20_000, 40_000)
    client.end()
    await scene.wait(5000, 15_000)
  }
}

/** Sends far above its rate until it is disconnected, then comes back. */
export const flooder: Actor = async (scene, index) => {
  for (;;) {
    await scene.wait(5000, 25_000)
    const client = await WsClient.connect(scene.gatewayUrl, scene.token(personOf(index)), {
      client: { name: 'script' },
    })
    await client.ask('join', { room: 'chat:lobby' })
    while (client.closed === undefined) {
      for (let i = 0; i < 30; i += 1) client.send({ event: 'publish', data: { room: 'game:flood', data: i } })
      await scene.wait(100)
    }
    await scene.wait(10_000, 30_000)
  }
}

/** Sends invalid frames until the node closes the connection. */
export const mangler: Actor = async (scene, index) => {
  const nonsense = [
    '{"id":1,',
    '{"id":2,"event":"dance","data":{}}',
    '[]',
    '{"id":3,"event":"join","data":{"room":"no spaces"}}',
  ]
  for (;;) {
    await scene.wait(3000, 20_000)
    const client = await WsClient.connect(scene.gatewayUrl, scene.token(personOf(index)), { client: { name: 'beta' } })
    while (client.closed === undefined) {
      if (Math.random() < 0.05) client.socket.send(Buffer.from([1, 2, 3]))
      else client.send(pick(nonsense))
      await scene.wait(200, 1500)
    }
  }
}

/** Tries to join rooms it has no right to, one after another. */
export const prowler: Actor = async (scene, index) => {
  for (;;) {
    await scene.wait(2000, 15_000)
    const client = await WsClient.connect(scene.gatewayUrl, scene.token(personOf(index)), { client: { name: 'probe' } })
    for (let i = 0; client.closed === undefined && i < 200; i += 1) {
      client.send({ id: i + 100, event: 'join', data: { room: `staff:room-${i}` } })
      await scene.wait(300, 900)
    }
    await client.close().catch(() => {})
  }
}

/** Loses its network in the middle of a frame. */
export const unlucky: Actor = async (scene, index) => {
  for (;;) {
    await scene.wait(1000, 10_000)
    const client = await RawClient.open(scene.gatewayUrl, scene.token(personOf(index)))
    client.socket.resume()
    client.sendText({ id: 1, event: 'join', data: { room: 'chat:garden' } })
    await scene.wait(5000, 40_000)
    client.sendHalf({ event: 'publish', data: { room: 'chat:garden', data: { text: pick(LINES) } } })
    if (Math.random() < 0.5) client.reset()
    else client.end()
  }
}

/** Tries openings that are refused: with expired and forged tokens, foreign origins, wrong paths, a banned user. */
export const stranger: Actor = async (scene, index) => {
  const person = personOf(index)
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
  const openings: (() => Promise<WsClient>)[] = [
    () => WsClient.open(scene.gatewayUrl, bearer(scene.token(person, {}, -300))),
    () => WsClient.open(scene.gatewayUrl, bearer(`${scene.token(person).slice(0, -6)}forged`)),
    () => WsClient.open(scene.gatewayUrl, { origin: 'https://elsewhere.example' }),
    () => WsClient.open(scene.gatewayUrl.replace(/\/ws$/, '/socket.io')),
    () => WsClient.open(scene.gatewayUrl, bearer(scene.token('mallory.banned'))),
  ]
  for (;;) {
    await scene.wait(1500, 9000)
    const client = await pick(openings)().catch(() => undefined)
    await client?.close()
  }
}
