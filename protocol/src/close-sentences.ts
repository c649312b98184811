import type { CloseEvidence } from './close-evidence.js'
import type { CloseReason } from './close-reasons.js'

interface Explanation {
  /** What happened, in one plain sentence with its evidence. */
  readonly sentence: (evidence: CloseEvidence) => string
  /** What to do about it. */
  readonly cure: string
}

const by = (e: CloseEvidence): string => (e.actor === undefined ? 'An operator' : e.actor)
const saying = (e: CloseEvidence): string => (e.message === undefined ? '' : `, saying “${e.message}”`)
const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Bytes as a person reads them: 900 B, 64 KiB, 1.5 MiB. */
function bytesInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${trim(bytes / 1024)} KiB`
  return `${trim(bytes / 1024 / 1024)} MiB`
}

/** A span as a person reads it: 250 ms, 10.2 s, 5 min, 2.5 h. */
export function spanInWords(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${trim(ms / 1000)} s`
  if (ms < 7_200_000) return `${trim(ms / 60_000)} min`
  return `${trim(ms / 3_600_000)} h`
}

const trim = (value: number): string => String(Math.round(value * 10) / 10)
const retry = (e: CloseEvidence): string =>
  e.retryAfterMs === undefined ? '' : ` The client may reconnect after ${spanInWords(e.retryAfterMs)}.`
const overLimit = (e: CloseEvidence, unit: string): string =>
  e.limit === undefined
    ? ''
    : e.value === undefined
      ? `: the limit is ${e.limit} ${unit}`
      : `: ${e.value} ${unit}, the limit is ${e.limit}`
const overRate = (e: CloseEvidence): string =>
  e.rule === 'bytes a second' && e.limit !== undefined
    ? `: the limit is ${bytesInWords(e.limit)} a second`
    : overLimit(e, e.rule ?? 'messages a second')
const inTime = (e: CloseEvidence): string => (e.limit === undefined ? 'in time' : `within ${spanInWords(e.limit)}`)
const waiting = (e: CloseEvidence): string =>
  e.queuedBytes === undefined
    ? ''
    : `; ${bytesInWords(e.queuedBytes)} waited${e.room === undefined ? '' : ` in ${e.room}`}`

const explanations: Record<CloseReason, Explanation> = {
  client_close: { sentence: () => 'The client closed the connection on purpose.', cure: 'Nothing to do.' },
  client_going_away: {
    sentence: () => 'The client went away: the user left the page, the tab was closed or the program ended.',
    cure: 'Nothing to do.',
  },
  client_no_status: {
    sentence: () => 'The client sent a close frame without a code.',
    cure: 'Nothing to do, but a close code would tell more.',
  },
  client_app_code: {
    sentence: (e) => `The client closed with its own code ${e.receivedCode ?? '(unknown)'}.`,
    cure: 'Look up the code in the client application.',
  },
  abnormal_reset: {
    sentence: (e) => `The network cut the connection: it was reset${e.error === undefined ? '' : ` (${e.error})`}.`,
    cure: 'Look for a crashed client, or a firewall or proxy in between; many resets at once from one address point to its network.',
  },
  abnormal_eof: {
    sentence: () => 'The connection ended without a close frame.',
    cure: 'Look for a crashed client, or a proxy or load balancer that cuts idle connections; compare its idle limit with the ping interval.',
  },
  write_error: {
    sentence: (e) => `Writing to the client failed${e.error === undefined ? '' : ` (${e.error})`}${waiting(e)}.`,
    cure: 'The network broke while messages were under way; the client should reconnect.',
  },
  ping_timeout: {
    sentence: (e) =>
      `The client did not answer a ping${e.silentMs === undefined ? '' : `; nothing arrived for ${spanInWords(e.silentMs)}`}${e.lastRttMs === undefined ? '' : `, the last round trip took ${spanInWords(e.lastRttMs)}`}.`,
    cure: 'Look for a sleeping device, a lost network or a frozen tab; the client should reconnect.',
  },
  idle_timeout: {
    sentence: (e) =>
      `The client sent no application frames for ${e.limit === undefined ? 'too long' : spanInWords(e.limit)}.`,
    cure: 'Expected where IDLE_TIMEOUT is set; the client reconnects when it has something to send.',
  },
  max_lifetime: {
    sentence: (e) =>
      `The connection reached its maximum lifetime${e.limit === undefined ? '' : ` of ${spanInWords(e.limit)}`}.`,
    cure: 'Expected where MAX_LIFETIME is set; the client reconnects after a random wait.',
  },
  slow_consumer_bytes: {
    sentence: (e) =>
      `Closed because the client read too slowly${waiting(e)}${e.limit === undefined ? '' : `, the limit is ${bytesInWords(e.limit)}`}.`,
    cure: "The client's network or tab stalled; join fewer rooms, or give the room type another slow policy.",
  },
  slow_consumer_deadline: {
    sentence: (e) =>
      `Closed after ${e.oldestMs === undefined ? 'too long' : spanInWords(e.oldestMs)} without reading${waiting(e)}.`,
    cure: "The client's network or tab stalled; it should reconnect and catch up.",
  },
  rate_limited: {
    sentence: (e) => `The client kept sending over its rate${overRate(e)}.${retry(e)}`,
    cure: 'Send less, or raise MESSAGE_RATE and MESSAGE_BURST; for bytes, raise BYTE_RATE.',
  },
  overload_shed: {
    sentence: (e) => `The node was overloaded and closed this connection to stay responsive.${retry(e)}`,
    cure: 'Add capacity or lower the load on the node.',
  },
  drain: {
    sentence: (e) =>
      `The node was drained${e.operation === undefined ? '' : ` by operation ${e.operation}`}.${retry(e)}`,
    cure: 'Expected in maintenance; the client reconnects.',
  },
  rebalanced: {
    sentence: (e) => `The connection was moved to spread the load.${retry(e)}`,
    cure: 'Expected; the client reconnects.',
  },
  server_shutdown: {
    sentence: (e) => `The node stopped.${retry(e)}`,
    cure: 'Expected when a node restarts; the client reconnects.',
  },
  internal_error: {
    sentence: () => 'The node failed while serving this connection.',
    cure: 'A fault of the gateway: look up the connection id in its log.',
  },
  bus_lost: {
    sentence: () => 'The node lost the bus and could no longer promise to deliver messages.',
    cure: 'Restore the bus; the client reconnects and catches up.',
  },
  force_reconnect: {
    sentence: (e) => `${by(e)} asked the client to reconnect${saying(e)}.${retry(e)}`,
    cure: 'The client may return.',
  },
  auth_expired: {
    sentence: (e) =>
      `The token expired${e.expiresAt === undefined ? '' : ` at ${at(e.expiresAt)}`} and was not refreshed.`,
    cure: 'Send refresh with a new token before the old one ends.',
  },
  auth_timeout: {
    sentence: (e) => `The client did not authenticate ${inTime(e)}.`,
    cure: 'Send connect with a token right after opening.',
  },
  auth_revoked: {
    sentence: (e) => `The token was revoked${e.actor === undefined ? '' : ` by ${e.actor}`}.`,
    cure: 'Get a new token.',
  },
  auth_failed: {
    sentence: (e) => `The token was refused${e.rule === undefined ? '' : `: ${e.rule}`}.`,
    cure: 'Check the key, algorithm, issuer and audience the token was made with.',
  },
  permission_denied: {
    sentence: () => 'The client asked for something that its token does not allow.',
    cure: 'Give the token the rights it needs.',
  },
  kicked: {
    sentence: (e) => `${by(e)} disconnected the client${saying(e)}.`,
    cure: 'The client should stay away; an operator can tell why.',
  },
  banned: {
    sentence: (e) =>
      `The user or address is banned${e.expiresAt === undefined ? '' : ` until ${at(e.expiresAt)}`}${saying(e)}.`,
    cure: 'Lift the ban to let it return.',
  },
  duplicate_session: {
    sentence: () => 'The same session was in use elsewhere.',
    cure: 'Use one session for one client.',
  },
  user_limit: {
    sentence: (e) => `The user has too many connections${overLimit(e, 'connections')}.`,
    cure: 'Close connections that are not needed, or raise MAX_CONNECTIONS_PER_USER.',
  },
  room_limit: {
    sentence: (e) => `The client kept joining more rooms than it may${overLimit(e, 'rooms')}.`,
    cure: 'Leave rooms that are not needed, or raise MAX_ROOMS_PER_CONNECTION.',
  },
  bad_request: {
    sentence: (e) =>
      `The client sent something that the protocol does not allow${e.rule === undefined ? '' : `: ${e.rule}`}.`,
    cure: 'Fix the client.',
  },
  too_many_errors: {
    sentence: (e) => `The client sent too many frames that failed${overLimit(e, e.rule ?? 'errors in a minute')}.`,
    cure: 'Fix the client; each of its errors was answered.',
  },
  superseded: {
    sentence: (e) =>
      `A newer connection of the same session took over${e.successor === undefined ? '' : ` (${e.successor})`}.`,
    cure: 'Nothing to do.',
  },
  protocol_error: {
    sentence: (e) => `The client broke the WebSocket protocol${e.rule === undefined ? '' : `: ${e.rule}`}.`,
    cure: 'Fix the client, or the proxy in between.',
  },
  unsupported_data: {
    sentence: () => 'The client sent binary data on a JSON connection, or text on a MessagePack one.',
    cure: 'Send text frames for gatehouse.v1.json, binary ones for gatehouse.v1.msgpack.',
  },
  invalid_payload: { sentence: () => 'The client sent text that is not UTF-8.', cure: 'Fix the client.' },
  message_too_big: {
    sentence: (e) =>
      `The client sent a message that is too big${e.limit === undefined ? '' : `; the limit is ${bytesInWords(e.limit)}`}.`,
    cure: 'Send smaller messages, or raise MAX_FRAME_BYTES.',
  },
  unfinished_message: {
    sentence: (e) => `The client began a message and did not finish it ${inTime(e)}.`,
    cure: 'Fix the client; an attack with fragments looks the same.',
  },
  policy_violation: {
    sentence: (e) => `The client broke a rule of the gateway${e.rule === undefined ? '' : `: ${e.rule}`}.`,
    cure: 'Fix the client.',
  },
  node_lost: {
    sentence: (e) =>
      `The node ended without closing ${e.count === undefined ? 'its connections' : `${e.count} connections`}.`,
    cure: 'Look for a crash, an out-of-memory kill or a power cut at that time.',
  },
  unknown: {
    sentence: () => 'The gateway does not know why this connection closed.',
    cure: 'A fault of the gateway: report it with the connection id.',
  },
}

/** What happened, as one plain sentence with its evidence. */
export function closeSentence(reason: CloseReason, evidence: CloseEvidence): string {
  return explanations[reason].sentence(evidence)
}

/** What to do about a close reason, as one plain sentence. */
export function closeCure(reason: CloseReason): string {
  return explanations[reason].cure
}
