import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { ClientAddresses } from '../net/client-address.js'
import type { GatewaySettings } from './gateway-settings.js'
import type { OpeningHeaders } from './opening-headers.js'
import { pickHeaders } from './opening-headers.js'
import { readSubprotocols } from './subprotocols.js'
import { tokenInCookie, type TokenCookie } from './token-cookie.js'

/** Why a request is not an opening request, and the status to answer. */
interface OpeningFault {
  readonly status: 400 | 405 | 426
  readonly rule: string
}

/** The facts of one request to `/ws`, copied so that the request itself can be freed. */
export interface ParsedOpening {
  /** The client's address, behind the declared proxies. */
  readonly address: string
  /** Without its query, cut to 200 characters. */
  readonly path: string
  readonly fault: OpeningFault | null
  readonly origin: string | null
  readonly host: string | null
  readonly userAgent: string | null
  readonly isTls: boolean
  readonly isSubprotocolUnsupported: boolean
  /** A credential: use it once and do not keep it. */
  readonly token: string | null
}

export const GATEWAY_PATH = '/ws'
const LONGEST_PATH = 200
const LONGEST_USER_AGENT = 256
const LONGEST_ORIGIN = 300
const KEY = /^[+/0-9A-Za-z]{22}==$/
const BEARER = /^bearer +([^ ]+) *$/i

/** Reads opening requests by the rules of configuration. */
export class OpeningReader {
  readonly #addresses: ClientAddresses
  readonly #takesQueryToken: boolean
  readonly #cookie: TokenCookie | null

  constructor(settings: Pick<GatewaySettings, 'trustProxy' | 'queryToken' | 'tokenCookie'>) {
    this.#addresses = new ClientAddresses(settings.trustProxy)
    this.#takesQueryToken = settings.queryToken
    this.#cookie = settings.tokenCookie
  }

  /** Whether pages may send a token in a cookie. */
  get readsCookies(): boolean {
    return this.#cookie !== null
  }

  /** Never throws: any request that the HTTP parser accepts gives facts. `isUpgrade` is false for the check alone. */
  read(request: IncomingMessage, isUpgrade: boolean): ParsedOpening {
    const headers = pickHeaders(request.rawHeaders)
    const target = request.url ?? ''
    const query = target.indexOf('?')
    const caller = request.socket.remoteAddress
    const offer = readSubprotocols(headers.protocols)
    const rule = headers.fault ?? (typeof offer === 'string' ? offer : null)
    const fault = rule === null ? (isUpgrade ? upgradeFault(request, headers) : null) : { status: 400 as const, rule }
    const isEncrypted = (request.socket as Partial<TLSSocket>).encrypted === true
    return {
      address: this.#addresses.resolve(caller, headers.forwardedFor),
      path: (query === -1 ? target : target.slice(0, query)).slice(0, LONGEST_PATH),
      fault,
      origin: headers.origin === null ? null : printable(headers.origin, LONGEST_ORIGIN),
      host: headers.host,
      userAgent: headers.userAgent === null ? null : printable(headers.userAgent, LONGEST_USER_AGENT),
      isTls: this.#addresses.isHttps(caller, headers.forwardedProto, isEncrypted),
      isSubprotocolUnsupported: typeof offer !== 'string' && offer.isUnsupported,
      token:
        bearerOf(headers.authorization) ??
        (typeof offer === 'string' ? null : offer.token) ??
        (this.#takesQueryToken && query !== -1 ? new URLSearchParams(target.slice(query)).get('token') : null) ??
        (this.#cookie === null ? null : tokenInCookie(this.#cookie, headers.cookie, headers.origin)),
    }
  }
}

function upgradeFault(request: IncomingMessage, headers: OpeningHeaders): OpeningFault | null {
  if (request.method !== 'GET') return { status: 405, rule: 'the method is not GET' }
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor !== 1) {
    return { status: 400, rule: 'the request is not HTTP/1.1' }
  }
  if (headers.upgrade?.toLowerCase() !== 'websocket') return { status: 426, rule: 'Upgrade is not websocket' }
  if (headers.version !== '13') return { status: 426, rule: 'Sec-WebSocket-Version is not 13' }
  if (headers.key === null || !KEY.test(headers.key)) {
    return { status: 400, rule: 'Sec-WebSocket-Key is missing or malformed' }
  }
  if (headers.hasBody) return { status: 400, rule: 'the request has a body' }
  return null
}

function bearerOf(authorization: string | null): string | null {
  if (authorization === null) return null
  return BEARER.exec(authorization)?.[1] ?? null
}

/** Replaces control characters and bytes beyond ASCII by `?`: text from clients ends up in records and logs. */
function printable(text: string, longest: number): string {
  return text.slice(0, longest).replaceAll(/[^\x20-\x7e]/g, '?')
}
