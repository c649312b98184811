import { createServer } from 'node:http'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Server } from 'ws'
import { WebSocket as WsClient, WebSocketServer } from 'ws'
import type { Parcel } from '../realtime/ports/parcel.js'
import { SharedParcel } from '../realtime/encoding/shared-parcel.js'
import { textParcel } from '../realtime/encoding/json-encoding.js'
import { gatewayDefaults } from './gateway-settings.js'
import { GatewayServer } from './gateway-server.js'
import type { SocketEnd } from '../realtime/connections/closer.js'
import type { SocketOwner, WireFault } from './socket-owner.js'
import { RawClient, clientFrame } from './testing/raw-client.js'
import { recordWrites } from './testing/recorded-writes.js'
import { WsSocket } from './ws-socket.js'

/** Characters of a payload of which few fill any socket buffer. */
const FILLER = 1_000_000
/** As the system numbers it. */
const EPIPE = -32

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

class Heard implements SocketOwner<WsSocket> {
  readonly messages: string[] = []
  readonly faults: WireFault[] = []
  readonly ends: SocketEnd[] = []
  bytes = 0
  #wake: (() => void) | undefined
  onMessage: () => void = () => undefined
  message(_socket: WsSocket, bytes: Buffer): void {
    this.messages.push(bytes.toString())
    this.onMessage()
    this.#wake?.()
  }
  inbound(_socket: WsSocket, byteCount: number): void {
    this.bytes += byteCount
  }
  ping(socket: WsSocket, data: Buffer): void {
    socket.pong(data)
  }
  pong(): void {}
  fault(_socket: WsSocket, fault: WireFault): void {
    this.faults.push(fault)
    this.#wake?.()
  }
  closed(_socket: WsSocket, end: SocketEnd): void {
    this.ends.push(end)
    this.#wake?.()
  }
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }
}

async function serve(
  server: Server<typeof WsSocket> = new GatewayServer(gatewayDefaults),
  beforeAttach: (socket: WsSocket) => void = () => undefined,
) {
  const heard = new Heard()
  const sockets: WsSocket[] = []
  const http = createServer()
  http.on('upgrade', (request, stream, head) => {
    server.handleUpgrade(request, stream, head, (socket) => {
      beforeAttach(socket)
      socket.attach(heard)
      sockets.push(socket)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.terminate()
    http.close()
  })
  const port = (http.address() as AddressInfo).port
  const open = async () => {
    const client = await RawClient.open(port)
    cleanups.push(() => client.destroy())
    return { client, socket: sockets.at(-1) as WsSocket }
  }
  return { heard, port, open, sockets }
}

function parcel(...texts: readonly string[]): Parcel {
  const payloads = texts.map((text) => Buffer.from(text))
  return {
    wire: Buffer.concat(texts.map((text) => textParcel(text, 0).wire)),
    isBinary: false,
    payloads,
    deliveries: texts.length,
    stream: null,
  }
}

const written = (socket: WsSocket, what: Parcel) =>
  new Promise<Error | undefined>((resolve) => {
    if (socket.write(what, resolve)) resolve(undefined)
  })

/** The raw stream below, to look at system calls and to break it. */
const rawOf = (socket: WsSocket) => (socket as unknown as { _socket: NetSocket })._socket

// The first write of a process goes through the stream and shows how node:net uses its handles.
beforeAll(async () => {
  const { open } = await serve()
  await written((await open()).socket, parcel('first'))
})

describe('WsSocket', () => {
  it('keeps joined writes, pings, replies and the close in the order they were given', async () => {
    const { open } = await serve()
    const { client, socket } = await open()
    const outcomes: (Error | undefined)[] = []
    const note = (error?: Error): void => void outcomes.push(error)
    socket.write(parcel('one', 'two'), note)
    socket.ping()
    socket.write(parcel('reply'), note)
    socket.write(parcel('x'.repeat(70_000), 'three'), note)
    socket.ping()
    socket.close(4000, 'ping_timeout c1')
    socket.write(parcel('too late'), note)
    const seen: string[] = []
    for (let at = 0; at < 8; at += 1) {
      const { opcode, payload } = await client.frame()
      seen.push(`${opcode}:${payload.length > 100 ? payload.length : payload.toString('latin1')}`)
    }
    expect(seen).toEqual([
      '1:one',
      '1:two',
      '9:',
      '1:reply',
      '1:70000',
      '1:three',
      '9:',
      `8:${String.fromCharCode(15, 160)}ping_timeout c1`,
    ])
    client.send(clientFrame(8, Buffer.from([15, 160])))
    await client.ended()
    const failed = outcomes.filter((outcome) => outcome !== undefined)
    expect(outcomes).toHaveLength(4)
    expect(failed.map(({ message }) => message)).toEqual(['the socket closed before the write was complete'])
  })

  it('writes nothing behind the close frame, even if a write makes room for more', async () => {
    const { open, heard } = await serve()
    const { client, socket } = await open()
    const rest = ['second', 'third']
    const next = (): void => {
      const text = rest.shift()
      if (text !== undefined && socket.write(parcel(text), next)) next()
    }
    heard.onMessage = () => socket.write(parcel('first'), next)
    client.send(Buffer.concat([clientFrame(1, 'b'), clientFrame(8, Buffer.from([3, 232]))]))
    for (const text of ['first', 'second', 'third']) expect((await client.frame()).payload.toString()).toBe(text)
    expect((await client.frame()).opcode).toBe(8)
    await client.ended()
    await expect(client.frame()).rejects.toThrow('the connection ended while waiting for a frame')
    await heard.until(() => heard.ends.length === 1)
  })

  it('hands all frames of one turn to the system at once', async () => {
    const { open } = await serve()
    const { client, socket } = await open()
    const chunks: number[] = []
    client.socket.on('data', (chunk: Buffer) => chunks.push(chunk.length))
    const both = [written(socket, parcel('a', 'b')), written(socket, parcel('c'))]
    expect(socket.bufferedBytes).toBe(9)
    await Promise.all(both)
    expect(socket.bufferedBytes).toBe(0)
    for (const text of ['a', 'b', 'c']) expect((await client.frame()).payload.toString()).toBe(text)
    expect(chunks).toEqual([9])
  })

  it.each<[string, (socket: WsSocket) => void]>([
    [
      'ws has no sender we know',
      (socket) => {
        // Only our look at ws's internals fails; ws itself still works.
        const { _sender: sender } = socket as unknown as { _sender: { send: () => void } }
        const unknown = { ...sender, _state: 'unknown', send: sender.send.bind(sender) }
        Object.defineProperty(socket, '_sender', { get: () => unknown })
      },
    ],
    ['a compressing extension was agreed', () => undefined],
  ])('sends payload by payload when %s', async (name, change) => {
    const compresses = name.startsWith('a compressing')
    const server = new WebSocketServer<typeof WsSocket>({
      noServer: true,
      WebSocket: WsSocket,
      clientTracking: false,
      perMessageDeflate: compresses ? { threshold: 0 } : false,
    })
    const { port, sockets } = await serve(server, change)
    const client = new WsClient(`ws://127.0.0.1:${port}`, { perMessageDeflate: compresses })
    cleanups.push(() => client.terminate())
    const seen: [text: string, isBinary: boolean][] = []
    const all = new Promise<void>((resolve) => {
      client.on('message', (data: Buffer, isBinary) => seen.push([data.toString(), isBinary]) === 4 && resolve())
    })
    await new Promise((resolve) => client.once('open', resolve))
    const socket = sockets[0] as WsSocket
    expect(await written(socket, parcel('a', 'b'))).toBeUndefined()
    expect(await written(socket, parcel('c'))).toBeUndefined()
    const binary = new SharedParcel(Buffer.from([0x82, 1, 0x64]), 0, null, null, 0)
    expect(await written(socket, binary)).toBeUndefined()
    await all
    expect(seen).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
      ['d', true],
    ])
  })

  it('tells each write exactly once that it failed when the client resets', async () => {
    const { open, heard } = await serve()
    const { client, socket } = await open()
    client.socket.pause()
    const counts: number[] = []
    const errors: (Error | undefined)[] = []
    // More than any socket buffer takes, so that some of it is still under way.
    for (let at = 0; at < 40; at += 1) {
      counts.push(0)
      socket.write(parcel('y'.repeat(1_000_000)), (error) => {
        counts[at] = (counts[at] ?? 0) + 1
        errors[at] = error
      })
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(socket.bufferedBytes).toBeGreaterThan(0)
    client.reset()
    await heard.until(() => heard.ends.length === 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(new Set(counts)).toEqual(new Set([1]))
    expect(errors.at(-1)).toBeInstanceOf(Error)
    expect(heard.ends[0]).toMatchObject({ code: 1006, hadCloseFrame: false })
    expect(heard.ends[0]?.error).toMatch(/ECONNRESET|EPIPE/)
  })

  it('counts a write under way as failed when the socket is cut on our side', async () => {
    const { open } = await serve()
    const { client, socket } = await open()
    client.socket.pause()
    const outcome = written(socket, parcel('z'.repeat(30_000_000)))
    await new Promise((resolve) => setImmediate(resolve))
    socket.terminate()
    expect(await outcome).toBeInstanceOf(Error)
  })

  describe('of a member of one wide room', () => {
    const wide = (text: string): Parcel => ({
      ...parcel(text),
      stream: { room: 'r', epoch: 'e', from: 1, to: 1, members: 100 },
    })
    /** Writes until the system takes no more; returns how many frames that were. `done` is of the last. */
    const fill = (socket: WsSocket, done: (error?: Error) => void): number => {
      let frames = 1
      while (socket.write(wide('w'.repeat(FILLER)), done)) frames += 1
      expect(socket.bufferedBytes).toBeGreaterThan(0)
      return frames
    }
    const join = (socket: WsSocket, ...rooms: readonly string[]): void => {
      socket.connection = { memberships: new Map(rooms.map((room) => [room, null])) } as never
    }

    it('writes at once what the system takes at once, in order with what is held back', async () => {
      const { open } = await serve()
      const { client, socket } = await open()
      join(socket, 'r')
      const done: string[] = []
      expect(socket.write(wide('first'), () => done.push('first'))).toBe(true)
      expect(socket.write(parcel('reply'), () => done.push('reply'))).toBe(false)
      expect(socket.write(wide('second'), () => done.push('second'))).toBe(false)
      expect(done).toEqual([])
      socket.ping()
      for (const text of ['first', 'reply', 'second', '']) expect((await client.frame()).payload.toString()).toBe(text)
      expect(done).toEqual(['reply', 'second'])
    })

    it('holds its writes back where it is in more rooms, or the room is small', async () => {
      const { open } = await serve()
      const { socket } = await open()
      join(socket, 'r', 's')
      socket.write(wide('a'), () => undefined)
      expect(socket.bufferedBytes).toBeGreaterThan(0)
      const other = (await open()).socket
      join(other, 'r')
      other.write({ ...wide('a'), stream: { room: 'r', epoch: 'e', from: 1, to: 1, members: 15 } }, () => undefined)
      expect(other.bufferedBytes).toBeGreaterThan(0)
    })

    it('calls back once when the system has taken the rest of a write, or when the client is gone', async () => {
      const { open, heard } = await serve()
      const { client, socket } = await open()
      join(socket, 'r')
      client.socket.pause()
      const outcomes: (Error | undefined)[] = []
      fill(socket, (error) => outcomes.push(error))
      expect(outcomes).toEqual([])
      client.socket.resume()
      await expect.poll(() => outcomes).toEqual([undefined])
      expect(socket.bufferedBytes).toBe(0)
      client.socket.pause()
      fill(socket, (error) => outcomes.push(error))
      client.reset()
      await heard.until(() => heard.ends.length === 1)
      await expect.poll(() => outcomes).toEqual([undefined, expect.any(Error)])
      expect(heard.ends[0]?.error).toMatch(/ECONNRESET|EPIPE/)
      await new Promise((resolve) => setImmediate(resolve))
      expect(outcomes).toHaveLength(2)
    })

    it('keeps the order of what follows a write that the system has not taken whole', async () => {
      const { open } = await serve()
      const { client, socket } = await open()
      join(socket, 'r')
      client.socket.pause()
      const done: string[] = []
      const whole = fill(socket, () => done.push('rest'))
      socket.write(wide('next'), () => done.push('next'))
      socket.write(parcel('reply'), () => done.push('reply'))
      socket.ping()
      socket.close(4000, 'ping_timeout c1')
      expect(done).toEqual([])
      client.socket.resume()
      for (let i = 0; i < whole; i += 1) expect((await client.frame()).payload).toHaveLength(FILLER)
      for (const text of ['next', 'reply', '']) expect((await client.frame()).payload.toString()).toBe(text)
      expect(await client.closeFrame()).toEqual({ code: 4000, text: 'ping_timeout c1' })
      expect(done).toEqual(['rest', 'next', 'reply'])
    })

    it('joins what waits behind a write that the system has not taken whole', async () => {
      const { open } = await serve()
      const { client, socket } = await open()
      join(socket, 'r')
      client.socket.pause()
      fill(socket, () => undefined)
      const writes = recordWrites(rawOf(socket))
      const done = Array.from({ length: 100 }, (_, i) => written(socket, wide(`small ${i}`)))
      client.socket.resume()
      await Promise.all(done)
      expect(writes).toEqual(['writeBuffer', 'writev'])
    })

    it('counts a write that the system has not taken whole as failed when the socket is cut on our side', async () => {
      const { open } = await serve()
      const { client, socket } = await open()
      join(socket, 'r')
      client.socket.pause()
      const outcome = new Promise<Error | undefined>((resolve) => fill(socket, resolve))
      socket.terminate()
      expect((await outcome)?.message).toBe('the socket closed before the write was complete')
    })

    it('reports a write that fails at once', async () => {
      const { open, heard } = await serve()
      const { socket } = await open()
      join(socket, 'r')
      const handle = (rawOf(socket) as unknown as { _handle: { writeBuffer: () => number } })._handle
      handle.writeBuffer = () => EPIPE
      expect(await written(socket, wide('a'))).toMatchObject({ code: 'EPIPE', message: 'write EPIPE' })
      await heard.until(() => heard.ends.length === 1)
      expect(heard.ends[0]).toMatchObject({ code: 1006, error: 'EPIPE' })
    })

    it('writes through the stream where node:net uses its handles in another way', async () => {
      vi.resetModules()
      const { writeDirectly, directSocketOf } = await import('./direct-write.js')
      const { open } = await serve()
      const { client, socket } = await open()
      const raw = rawOf(socket) as NetSocket & { _handle: { writeBuffer: (request: unknown, wire: Buffer) => number } }
      const { writeBuffer } = raw._handle
      raw._handle.writeBuffer = (_request, wire) => writeBuffer.call(raw._handle, null, wire)
      // As Node 24.21 does it: with a request of its own.
      raw._write = (chunk: Buffer, _encoding, done) => {
        raw._handle.writeBuffer({}, chunk)
        done()
      }
      for (const text of ['a', 'b']) {
        const done = new Promise<Error | undefined>((resolve) => {
          expect(writeDirectly(raw as never, textParcel(text, 0).wire, resolve)).toBe(false)
        })
        expect(await done).toBeUndefined()
        expect((await client.frame()).payload.toString()).toBe(text)
      }
      expect(directSocketOf(raw)).toBeNull()
    })
  })

  it('says how the client ended it, once', async () => {
    const { open, heard } = await serve()
    const first = await open()
    first.client.send(clientFrame(8, Buffer.concat([Buffer.from([0x0b, 0xb8]), Buffer.from('bye')])))
    expect(await first.client.closeFrame()).toMatchObject({ code: 3000 })
    await heard.until(() => heard.ends.length === 1)
    const second = await open()
    second.client.socket.end()
    await heard.until(() => heard.ends.length === 2)
    const third = await open()
    third.client.send(clientFrame(8))
    await heard.until(() => heard.ends.length === 3)
    expect(heard.ends).toEqual([
      { code: 3000, text: 'bye', hadCloseFrame: true },
      { code: 1006, text: '', hadCloseFrame: false },
      { code: 1005, text: '', hadCloseFrame: true },
    ])
  })

  it('leaves the close after a fault to its owner, who can still write', async () => {
    const { open, heard } = await serve()
    const { client, socket } = await open()
    client.send(clientFrame(1, 'ok'), clientFrame(1, 'bare', { isMasked: false }))
    await heard.until(() => heard.faults.length === 1)
    expect(heard.messages).toEqual(['ok'])
    expect(heard.faults).toEqual([{ code: 1002, name: 'WS_ERR_EXPECTED_MASK' }])
    expect(await written(socket, parcel('why'))).toBeUndefined()
    socket.close(1002, 'protocol_error c1')
    expect((await client.frame()).payload.toString()).toBe('why')
    expect(await client.closeFrame()).toEqual({ code: 1002, text: 'protocol_error c1' })
    await client.ended()
  })

  it('[L-4] takes a frame that arrives in 256 pieces, and none in more', async () => {
    for (const [pieces, isTaken] of [
      [256, true],
      [257, false],
    ] as const) {
      const { open, heard } = await serve()
      const { socket } = await open()
      const frame = clientFrame(1, 'x'.repeat(300))
      const head = frame.length - pieces + 1
      // As the system would hand them over; between two machines TCP decides where a stream is cut.
      for (let at = 0; at < pieces; at += 1) {
        rawOf(socket).emit('data', at === 0 ? frame.subarray(0, head) : frame.subarray(head + at - 1, head + at))
      }
      await heard.until(() => heard.messages.length + heard.faults.length > 0)
      expect([heard.messages.length, heard.faults]).toEqual(
        isTaken ? [1, []] : [0, [{ code: 1008, name: 'WS_ERR_TOO_MANY_BUFFERED_PARTS' }]],
      )
    }
  })

  it('knows when a frame or a fragmented message has begun and not ended', async () => {
    const { open, heard } = await serve()
    const { client, socket } = await open()
    const frame = clientFrame(1, 'whole')
    for (const [bytes, isMidMessage] of [
      [frame, false],
      [frame.subarray(0, 1), true],
      [frame.subarray(1), false],
      [clientFrame(1, 'a', { fin: false }), true],
      [clientFrame(9, ''), true],
      [clientFrame(0, 'b'), false],
    ] as const) {
      const before = heard.bytes
      client.send(bytes)
      while (heard.bytes < before + bytes.length) await new Promise((resolve) => setImmediate(resolve))
      expect(socket.isMidMessage).toBe(isMidMessage)
    }
    expect(rawOf(socket).listenerCount('data')).toBe(2)
  })
})
