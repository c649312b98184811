import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { NodeProcess } from '../support/node-process.ts'

/** With nothing to drain the node should end within a second; the rest is for a busy machine. */
const SOON_MS = 4000

describe('a node that is told to stop', () => {
  const sockets: Socket[] = []
  let node: NodeProcess | undefined
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await node?.dispose()
  })

  const open = async (url: string, text = ''): Promise<void> => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    sockets.push(socket)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    if (text !== '') socket.write(text)
  }

  it('does not wait for a socket that never sent a complete request', async () => {
    node = await NodeProcess.start()
    const half = 'GET /livez HTTP/1.1\r\nHost: half'
    for (const url of [node.controlUrl, node.gatewayUrl]) {
      await open(url)
      await open(url, half)
    }
    const toldAt = performance.now()
    expect(await node.stop('SIGTERM')).toBe(0)
    expect(performance.now() - toldAt).toBeLessThan(SOON_MS)
  })
})
