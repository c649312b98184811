import type { TokenCookie } from './token-cookie.js'

/** The gateway edge's configuration. Sizes in bytes, times in milliseconds. */
export interface GatewaySettings {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** PEM texts; null serves plain TCP. */
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | null
  /** Networks whose forwarding headers are trusted, as [network, prefix length]. */
  readonly trustProxy: readonly (readonly [network: string, prefixLength: number])[]
  /** Whether `?token=` is accepted. */
  readonly queryToken: boolean
  /** The cookie that may hold a token; null: none may. */
  readonly tokenCookie: TokenCookie | null
  readonly maxFrameBytes: number
  readonly maxFragments: number
  readonly maxBufferedChunks: number
  readonly unfinishedMessageMs: number
  /** For the contract suite: sends every publish through guard, interceptor and handler. */
  readonly forceControlRoad: boolean
}

/** Used where configuration says nothing. */
export const gatewayDefaults = {
  host: '127.0.0.1',
  port: 8080,
  tls: null,
  trustProxy: [],
  queryToken: false,
  tokenCookie: null,
  maxFrameBytes: 65_536,
  // Tiny fragments exhaust the heap under the library's own defaults (CVE-2026-48779, CVE-2026-62389).
  maxFragments: 64,
  maxBufferedChunks: 256,
  unfinishedMessageMs: 10_000,
  forceControlRoad: false,
} as const satisfies GatewaySettings

const LARGEST_INT = 2_147_483_647

/** Refuses limits that ws would silently read as "no limit": it cuts them to 32 bits and takes 0 for none. */
export function assertLimits(
  settings: Pick<GatewaySettings, 'maxFrameBytes' | 'maxFragments' | 'maxBufferedChunks'>,
): void {
  for (const name of ['maxFrameBytes', 'maxFragments', 'maxBufferedChunks'] as const) {
    const value = settings[name]
    if (!Number.isInteger(value) || value < 1 || value > LARGEST_INT) {
      throw new Error(`${name} is ${value}; it must be a whole number from 1 to ${LARGEST_INT}.`)
    }
  }
}
