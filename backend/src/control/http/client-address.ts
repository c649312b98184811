import { BlockList, isIP, isIPv6 } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

/** Whose forwarding headers are believed: address ranges as configuration reads them. */
export type ProxyRange = readonly [network: string, prefixLength: number]

/** Where a request came from, and whether its first leg was encrypted. */
export interface Origin {
  readonly address: string
  readonly isHttps: boolean
}

/** Tells the client's address from its proxies', by the ranges that configuration trusts. */
export class ClientAddress {
  readonly #trusted = new BlockList()
  readonly #hasProxies: boolean

  constructor(ranges: readonly ProxyRange[]) {
    this.#hasProxies = ranges.length > 0
    for (const [network, prefix] of ranges) this.#trusted.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4')
  }

  of(request: IncomingMessage): Origin {
    const peer = plain(request.socket.remoteAddress ?? '')
    const isEncrypted = (request.socket as Partial<TLSSocket>).encrypted === true
    if (!this.#hasProxies || !this.#isTrusted(peer)) return { address: peer, isHttps: isEncrypted }
    // Read from the right: each trusted proxy vouches for the entry before its own and for no other.
    const chain = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((entry) => plain(entry.trim()))
      .filter((entry) => isIP(entry) !== 0)
    let address = peer
    while (this.#isTrusted(address) && chain.length > 0) address = chain.pop() as string
    const scheme = String(request.headers['x-forwarded-proto'] ?? '')
      .split(',')
      .at(-1)
      ?.trim()
    return { address, isHttps: scheme === undefined || scheme === '' ? isEncrypted : scheme === 'https' }
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  }
}

/** IPv4 in its own form also where the socket shows it inside IPv6. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
}
