import type { EncodingName } from '../encoding/encoding.js'
import type { VerifiedToken } from '../ports/token-verifier.js'

/** What the edge knows of a connection when it opens; the request itself is not kept. */
export interface OpeningFacts {
  /** Sent already in the 101 response. */
  readonly id: string
  readonly address: string
  /** The group in which limits count this address (`addressGroup`), or null where no limit per address applies. */
  readonly addressGroup: string | null
  readonly userAgent: string | null
  readonly origin: string | null
  readonly isTls: boolean
  /** Left out: JSON. */
  readonly encoding?: EncodingName
  /** Present when the opening request authenticated the connection. */
  readonly token?: VerifiedToken
}
