import ipaddr from 'ipaddr.js'

/** A range of addresses, as configuration reads it. */
export type ProxyRange = readonly [network: string, prefixLength: number]

/** An IPv4 address as the system writes it: four decimal parts. */
const SYSTEM_IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/

type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number]

/** Finds the client's address behind the proxies that configuration declares; no other sender is trusted. */
export class ClientAddresses {
  readonly #proxies: readonly Network[]

  constructor(trustProxy: readonly ProxyRange[]) {
    this.#proxies = trustProxy.map(([network, prefixLength]) => [ipaddr.process(network), prefixLength] as const)
  }

  /** Whether the client's own connection is encrypted: by a declared proxy's X-Forwarded-Proto, else by our socket. */
  isHttps(caller: string | undefined, forwardedProto: string | null, isEncrypted: boolean): boolean {
    const scheme = forwardedProto?.split(',').at(-1)?.trim() ?? ''
    if (scheme === '' || this.#proxies.length === 0) return isEncrypted
    const address = parse(caller)
    return address !== undefined && this.#trusts(address) ? scheme === 'https' : isEncrypted
  }

  /**
   * The client's address in canonical form; IPv4 also when it came mapped into IPv6. `forwardedFor` is the
   * X-Forwarded-For header, read from the right: each proxy vouches only for its own caller, so nothing before a
   * malformed hop is trusted.
   */
  resolve(caller: string | undefined, forwardedFor: string | null): string {
    // The system writes it in canonical form, and nearly every caller is one of these: parsing would take 10 µs a connect.
    if (this.#proxies.length === 0 && caller !== undefined && SYSTEM_IPV4.test(caller)) return caller
    let client = parse(caller)
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
  // Only the plain four-part form: readers disagree about which address an octal or short IPv4 spelling names.
  if (!ipaddr.IPv6.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return undefined
  return ipaddr.process(bare)
}
