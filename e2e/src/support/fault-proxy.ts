import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A TCP proxy on loopback whose target can change; what is connected stays where it is, as behind a balancer. */
export class Switch {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target: URL

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((socket) => this.#pass(socket))
  }

  static async to(target: string): Promise<Switch> {
    const made = new Switch(target)
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

  /** Where connections go from now on. */
  turn(target: string): void {
    this.#target = new URL(target)
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #pass(client: Socket): void {
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port) })
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.pipe(server).pipe(client)
  }
}
