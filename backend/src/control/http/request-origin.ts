import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { ClientAddresses, type ProxyRange } from '../../net/client-address.js'

/** Where a request came from, and whether the client's own connection was encrypted. */
export interface RequestOrigin {
  readonly address: string
  readonly isHttps: boolean
}

/** Finds the client's address behind the declared proxies of a request. */
export class RequestOrigins {
  readonly #addresses: ClientAddresses

  constructor(ranges: readonly ProxyRange[]) {
    this.#addresses = new ClientAddresses(ranges)
  }

  of({ socket, headers }: IncomingMessage): RequestOrigin {
    const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true
    return {
      address: this.#addresses.resolve(socket.remoteAddress, line(headers['x-forwarded-for'])),
      isHttps: this.#addresses.isHttps(socket.remoteAddress, line(headers['x-forwarded-proto']), isEncrypted),
    }
  }
}

function line(header: string | string[] | undefined): string | null {
  return header === undefined ? null : String(header)
}
