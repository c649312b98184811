import type { IncomingMessage } from 'node:http'

/**
 * The cookie of a sign-in. Its name carries the cluster, because cookies ignore ports and two nodes on one host would
 * overwrite each other; `__Host-` keeps it from other hosts, paths and plain http.
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
 * Whether a browser keeps a Secure cookie of this address: on https, and on the machine itself, which it tells by the
 * name it was asked for. Safari keeps none without https, wherever it came from.
 */
export function keepsSecureCookies(host: string | undefined, isHttps: boolean, userAgent = ''): boolean {
  if (isHttps) return true
  if (userAgent.includes('Safari/') && !userAgent.includes('Chrome/')) return false
  const name = URL.parse(`http://${host ?? ''}`)?.hostname ?? ''
  return name === 'localhost' || name.endsWith('.localhost') || /^127\.\d+\.\d+\.\d+$/.test(name) || name === '[::1]'
}
