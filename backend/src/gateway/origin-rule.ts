/** Decides whether a page's origin may connect. Exact text only: no patterns, no case folding, no default ports. */
export class OriginRule {
  readonly #allowed: ReadonlySet<string> | null

  /** `allowed` null: loopback and same-host pages pass, but only outside production. */
  constructor(
    allowed: readonly string[] | null,
    private readonly isProduction: boolean,
  ) {
    this.#allowed = allowed === null || allowed.length === 0 ? null : new Set(allowed)
  }

  /** `origin` null: the request carried none, as every program that is no browser. `host` is the Host header. */
  allows(origin: string | null, host: string | null): boolean {
    if (origin === null) return true
    if (origin === 'null') return false
    if (this.#allowed !== null) return this.#allowed.has(origin)
    if (this.isProduction) return false
    const hostname = hostnameOf(origin)
    return hostname !== undefined && (isLoopbackName(hostname) || hostname === hostnameOf(`http://${host ?? ''}`))
  }
}

/** The host of a URL that is an origin and nothing more, as browsers write it; undefined for any other text. */
function hostnameOf(origin: string): string | undefined {
  if (origin.length > 300 || !URL.canParse(origin)) return undefined
  const url = new URL(origin)
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:'
  const isBare = origin.toLowerCase() === url.origin || origin.toLowerCase() === `${url.protocol}//${url.host}`
  return isHttp && (isBare || withDefaultPort(url) === origin.toLowerCase()) ? url.hostname : undefined
}

function withDefaultPort(url: URL): string {
  return `${url.protocol}//${url.hostname}:${url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : url.port}`
}

function isLoopbackName(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  )
}
