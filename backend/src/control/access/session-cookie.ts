import type { IncomingMessage } from 'node:http'

/**
 * The cookie of a sign-in. Its name contains the cluster id: cookies ignore ports, so two nodes on one host would
 * overwrite each other's. `__Host-` ties it to this host, the path / and https.
 */
export class SessionCookie {
  readonly #name: string

  constructor(clusterId: string) {
    this.#name = `__Host-gatehouse-${clusterId.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 32)}`
  }

  read(request: IncomingMessage): string | undefined {
    const prefix = `${this.#name}=`
    const entries = (request.headers.cookie ?? '').split(';').map((entry) => entry.trim())
    const value = entries.find((entry) => entry.startsWith(prefix))?.slice(prefix.length)
    return value === undefined || value === '' ? undefined : value
  }

  /** The header that sets it for `maxAgeMs`. */
  set(token: string, maxAgeMs: number): string {
    return `${this.#name}=${token}; Path=/; Max-Age=${Math.floor(maxAgeMs / 1000)}; Secure; HttpOnly; SameSite=Strict`
  }

  clear(): string {
    return this.set('', 0)
  }
}

/**
 * Whether a browser keeps a Secure cookie from this address: over https, and over http if the host is localhost or a
 * loopback address. Safari keeps none without https.
 */
export function keepsSecureCookies(host: string | undefined, isHttps: boolean, userAgent = ''): boolean {
  if (isHttps) return true
  if (userAgent.includes('Safari/') && !userAgent.includes('Chrome/')) return false
  const name = URL.parse(`http://${host ?? ''}`)?.hostname ?? ''
  return name === 'localhost' || name.endsWith('.localhost') || /^127\.\d+\.\d+\.\d+$/.test(name) || name === '[::1]'
}
