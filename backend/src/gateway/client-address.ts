import ipaddr from 'ipaddr.js'

type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number]

/** Tells the client's address from those of the proxies that configuration declares; nobody else is believed. */
export class ClientAddresses {
  readonly #proxies: readonly Network[]

  constructor(trustProxy: readonly (readonly [string, number])[]) {
    this.#proxies = trustProxy.map(([network, prefixLength]) => [ipaddr.process(network), prefixLength] as const)
  }

  isProxy(peer: string | undefined): boolean {
    const address = parse(peer)
    return address !== undefined && this.#trusts(address)
  }

  /**
   * The client's address in canonical form; IPv4 also when it came mapped into IPv6. `forwardedFor` is the
   * X-Forwarded-For header: read from the right, each proxy vouches only for who called it.
   */
  resolve(peer: string | undefined, forwardedFor: string | null): string {
    let client = parse(peer)
    if (client === undefined) return 'unknown'
    const hops = forwardedFor === null || !this.#trusts(client) ? [] : forwardedFor.split(',')
    for (let hop = hops.length - 1; hop >= 0 && this.#trusts(client); hop -= 1) {
      const before = parse(hops[hop]?.trim())
      if (before === undefined) break
      client = before
    }
    return client.toString()
  }

  #trusts(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
    return this.#proxies.some(
      ([network, prefixLength]) =>
        network.kind() === address.kind() && (address as ipaddr.IPv4).match(network, prefixLength),
    )
  }
}

function parse(text: string | undefined): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (text === undefined || text.length > 64) return undefined
  const bare = text.includes('%') ? text.slice(0, text.indexOf('%')) : text
  // Only the plain four-part form: octal and short IPv4 spellings name other addresses to other readers.
  if (!ipaddr.IPv6.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return undefined
  return ipaddr.process(bare)
}
