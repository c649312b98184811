import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** How a connection breaks: both ends see a reset, both see an end, or the client gets only so many more bytes. */
export type Cut = 'reset' | 'end' | { readonly afterBytes: number }

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** Bytes that still reach the client; Infinity while nothing is wrong. */
  left: number
}

/** A TCP proxy on loopback that breaks what passes through it, and whose target can change, as behind a balancer. */
export class FaultProxy {
  /** Whether new connections are turned away, as by a network that is down. */
  isDown = false
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #target: URL

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((socket) => this.#pass(socket))
  }

  static async to(target: string): Promise<FaultProxy> {
    const made = new FaultProxy(target)
    made.#server.listen(0, '127.0.0.1')
    await once(made.#server, 'listening')
    return made
  }

  /** The target's address with this proxy in its place. */
  get url(): string {
    const url = new URL(this.#target)
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return url.href
  }

  /** Connections that are open through the proxy. */
  get count(): number {
    return this.#pairs.size
  }

  /** Sends new connections to `target`; open ones stay where they are. */
  turn(target: string): void {
    this.#target = new URL(target)
  }

  /** Breaks every open connection; returns how many. */
  cut(how: Cut): number {
    const pairs = [...this.#pairs]
    for (const pair of pairs) {
      if (how === 'end') end(pair)
      else if (how === 'reset') reset(pair)
      else pair.left = how.afterBytes
    }
    return pairs.length
  }

  close(): void {
    this.#server.close()
    for (const pair of this.#pairs) end(pair)
  }

  #pass(client: Socket): void {
    if (this.isDown) {
      client.resetAndDestroy()
      return
    }
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port) })
    const pair: Pair = { client, server, left: Infinity }
    this.#pairs.add(pair)
    for (const socket of [client, server]) {
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#pairs.delete(pair)
        end(pair)
      })
    }
    client.pipe(server)
    server.on('data', (chunk: Buffer) => {
      const passing = chunk.subarray(0, Math.min(chunk.length, pair.left))
      pair.left -= passing.length
      if (!client.write(passing)) {
        server.pause()
        client.once('drain', () => server.resume())
      }
      // The cut may fall in the middle of a frame, whose rest then never arrives.
      if (pair.left === 0) client.end(() => reset(pair))
    })
    server.on('end', () => client.end())
  }
}

function end({ client, server }: Pair): void {
  client.destroy()
  server.destroy()
}

function reset({ client, server }: Pair): void {
  client.resetAndDestroy()
  server.resetAndDestroy()
}
