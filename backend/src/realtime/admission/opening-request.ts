import type { RefusalEvidence, RefusalReason } from '@gatehouse/protocol'
import type { TokenVerdict } from '../ports/token-verifier.js'

/** What admission looks at; copied from the request, which is not kept. */
export interface OpeningRequest {
  /** The id the connection will have, or the refusal. */
  readonly id: string
  readonly address: string
  readonly origin: string | null
  /** The Host header, to recognise pages of our own host. */
  readonly host: string | null
  readonly userAgent: string | null
  /** False for the check without Upgrade: decided alike, counted nowhere. */
  readonly isUpgrade: boolean
  /** What the token check found; null: the request carried no token. */
  readonly verdict: TokenVerdict | null
}

/** Why a request is turned away, with all that its answer and its record need. */
export interface Refusal {
  readonly id: string
  readonly reason: RefusalReason
  /** HTTP status; null when nobody is left to answer. */
  readonly status: number | null
  readonly evidence: RefusalEvidence
  /** Where waiting helps, milliseconds, jittered. */
  readonly retryAfterMs?: number
}

export type AdmissionVerdict =
  | { readonly ok: true; readonly addressGroup: string | null; readonly refusal?: undefined }
  | { readonly ok: false; readonly refusal: Refusal }

/** Numbers of admission; 0 means no limit. */
export interface AdmissionSettings {
  readonly isProduction: boolean
  /** Origins that may connect, as browsers send them; empty: loopback and same-host ones outside production. */
  readonly allowedOrigins: readonly string[]
  readonly firstFrameAuth: boolean
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly maxConnectionsPerUser: number
  /** Attempts a second from one address. */
  readonly connectRatePerAddress: number
  /** Attempts a second on this node. */
  readonly connectRate: number
  readonly recordAddress: 'full' | 'prefix' | 'none'
  /** How far this process's event loop lags, milliseconds. */
  readonly loopDelayMs: () => number
}
