import { closeReasons, mayReconnect, type CloseReason, type Push } from '@gatehouse/protocol'

export type DisconnectPush = Extract<Push, { event: 'disconnect' }>

/** What is known about a close from its frame and from the push before it. */
export interface CloseFacts {
  readonly code: number
  readonly reason: CloseReason | undefined
  readonly sentence: string
  readonly connection: string | undefined
  readonly message: string | undefined
  readonly retryAfterMs: number
  /** `after_refresh`: only with a new token. `on_demand`: with the next request. */
  readonly next: 'reconnect' | 'after_refresh' | 'on_demand' | 'stay_away'
}

/** Reads a close. The push says most; the close frame's text (`<reason> <connection id>`) replaces a lost push. */
export function closeFacts(code: number, text: string, push: DisconnectPush | undefined): CloseFacts {
  const [word = '', id] = text.split(' ')
  const reason = push?.reason ?? (Object.hasOwn(closeReasons, word) ? (word as CloseReason) : undefined)
  return {
    code,
    reason,
    sentence: push?.sentence ?? unexplained(code, reason),
    connection: push?.connection ?? (reason === undefined ? undefined : id),
    message: push?.message,
    retryAfterMs: push?.retryAfterMs ?? 0,
    next: nextStep(code, reason),
  }
}

function nextStep(code: number, reason: CloseReason | undefined): CloseFacts['next'] {
  const retry = reason === undefined ? 'backoff' : closeReasons[reason].retry
  // The push may have said "never" before the network was cut; the socket then only knows 1006.
  if (!mayReconnect(code) || retry === 'never') return 'stay_away'
  if (retry === 'refresh') return 'after_refresh'
  return retry === 'on_demand' ? 'on_demand' : 'reconnect'
}

/** Replaces the server's own sentence: the table of those would be a fifth of this library. */
function unexplained(code: number, reason: CloseReason | undefined): string {
  if (reason !== undefined) return `The server closed the connection as ${reason} (${code}).`
  if (code === 1006) return 'The connection was cut without a close frame: the network failed or the node is gone.'
  return `The server closed with code ${code}.`
}
