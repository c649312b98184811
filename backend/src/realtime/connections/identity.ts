import type { VerifiedToken } from '../ports/token-verifier.js'

/** What a client says of itself in `connect`. */
export interface ClientName {
  readonly name: string
  readonly version?: string
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({})

/** Who a connection is. Only the authenticator changes it. */
export class Identity {
  token: VerifiedToken | null = null
  /** The token's subject; null until it has authenticated. */
  user: string | null = null
  session: string | null = null
  /** Its session was that of an earlier connection: the client came back. */
  hasResumed = false
  client: ClientName | null = null
  labels = NO_LABELS
  /** Milliseconds since 1970; 0 until it has authenticated. */
  authenticatedAtMs = 0
  /** Whether it said `connect`. */
  hasConnected = false
  /** It was sent the answer to `connect`, or `connected`: messages may follow. */
  isGreeted = false
  /** Keys under which limits count its user: frames and publish keys, and bytes. */
  userKey = ''
  userBytesKey = ''

  /** It authenticated, or did so again with another token of the same user. */
  accept(token: VerifiedToken, wallMs: number): void {
    this.token = token
    this.user = token.subject
    // A service's publish keys count together with those it sends over REST.
    this.userKey = token.service === undefined ? `user:${token.subject}` : token.subject
    this.userBytesKey = `bytes:${this.userKey}`
    this.authenticatedAtMs = wallMs
  }

  /** A new token of the same user. */
  renew(token: VerifiedToken): void {
    this.token = token
  }

  /** It said `connect`. */
  introduce(client: ClientName | undefined, labels: Readonly<Record<string, string>> | undefined): void {
    this.hasConnected = true
    if (client !== undefined) this.client = client
    if (labels !== undefined) this.labels = labels
  }

  /** @param hasResumed whether the client brought the session along */
  hold(session: string, hasResumed: boolean): void {
    this.session = session
    this.hasResumed = hasResumed
  }

  greet(): void {
    this.isGreeted = true
  }
}
