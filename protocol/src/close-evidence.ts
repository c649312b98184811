/** What was measured when a connection closed. Every field is optional: what could not be known is absent. */
export interface CloseEvidence {
  /** Close code that arrived from the client. */
  readonly receivedCode?: number
  /** Bytes waiting for the client at the decision: our queue plus what the socket holds. */
  readonly queuedBytes?: number
  /** How long the oldest waiting byte had waited, milliseconds. */
  readonly oldestMs?: number
  /** The room most of the waiting bytes belonged to. */
  readonly room?: string
  readonly lastRttMs?: number
  /** Time since anything arrived from the client, milliseconds. */
  readonly silentMs?: number
  /** The limit that was crossed and the value that crossed it, in the limit's unit. */
  readonly limit?: number
  readonly value?: number
  /** What was counted or checked, as a short word (`messages`, `bytes`, `fragments`, `nesting`). */
  readonly rule?: string
  /** System error of the socket, as its code (`ECONNRESET`). */
  readonly error?: string
  /** The message an operator left for the client. */
  readonly message?: string
  /** Who acted: operator name or API key name. */
  readonly actor?: string
  readonly operation?: string
  readonly ban?: string
  /** When a ban or a token ends, milliseconds since 1970. */
  readonly expiresAt?: number
  readonly retryAfterMs?: number
  /** The connection that took this one's place. */
  readonly successor?: string
  /** How many connections one aggregate record stands for. */
  readonly count?: number
  /** The rooms that lost most deliveries with the connection. */
  readonly lost?: readonly { readonly room: string; readonly deliveries: number }[]
  /** Whether the client was cut because it did not answer the close frame in time. */
  readonly forced?: boolean
}
