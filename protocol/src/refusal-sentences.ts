import type { RefusalReason } from './refusal-reasons.js'
import { spanInWords } from './close-sentences.js'

/** What was found when an opening request was turned away; what is not known is absent. */
export interface RefusalEvidence {
  readonly origin?: string
  readonly limit?: number
  readonly value?: number
  /** The rule that failed, as a short phrase (`signature`, `missing Upgrade header`). */
  readonly rule?: string
  readonly ban?: string
  /** When a ban or a token ended or ends, milliseconds since 1970. */
  readonly expiresAt?: number
  readonly retryAfterMs?: number
  readonly path?: string
}

interface Explanation {
  readonly sentence: (evidence: RefusalEvidence) => string
  readonly cure: string
}

const because = (e: RefusalEvidence): string => (e.rule === undefined ? '' : `: ${e.rule}`)
const counted = (e: RefusalEvidence): string =>
  e.limit === undefined ? '' : e.value === undefined ? ` (more than ${e.limit})` : ` (${e.value} of ${e.limit})`
const later = (e: RefusalEvidence): string =>
  e.retryAfterMs === undefined ? '' : ` Try again after ${spanInWords(e.retryAfterMs)}.`

const explanations: Record<RefusalReason, Explanation> = {
  origin_denied: {
    sentence: (e) => `The page's origin ${e.origin ?? '(none)'} is not allowed to connect.`,
    cure: 'Add the origin to ALLOWED_ORIGINS, exactly as the browser sends it.',
  },
  no_token: {
    sentence: () => 'The request carried no token.',
    cure: 'Send the token in the Authorization header or a bearer subprotocol, or turn FIRST_FRAME_AUTH on.',
  },
  bad_token: {
    sentence: (e) => `The token was not accepted${because(e)}.`,
    cure: 'Check the key, algorithm, issuer and audience the token was made with.',
  },
  token_expired: { sentence: () => 'The token has expired.', cure: 'Get a new token before connecting.' },
  token_revoked: { sentence: () => 'The token was revoked.', cure: 'Get a new token.' },
  banned: {
    sentence: (e) =>
      `The user or address is banned${e.expiresAt === undefined ? '' : ` until ${new Date(e.expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`}.`,
    cure: 'Lift the ban to let it connect.',
  },
  forbidden: {
    sentence: (e) => `The token does not allow this${because(e)}.`,
    cure: 'Give the token the rights it needs.',
  },
  ip_connection_limit: {
    sentence: (e) => `Too many connections from this address${counted(e)}.`,
    cure: 'Raise MAX_CONNECTIONS_PER_IP, or declare the proxy in TRUST_PROXY if all clients seem to share one address.',
  },
  ip_rate_limit: {
    sentence: (e) => `Too many attempts from this address in a second${counted(e)}.${later(e)}`,
    cure: 'Back off between attempts, or raise CONNECT_RATE_PER_IP.',
  },
  user_connection_limit: {
    sentence: (e) => `The user has too many connections${counted(e)}.`,
    cure: 'Close connections that are not needed, or raise MAX_CONNECTIONS_PER_USER.',
  },
  node_rate_limit: {
    sentence: (e) => `The node accepts no more connections this second${counted(e)}.${later(e)}`,
    cure: 'Clients that back off get in later; add nodes if this persists.',
  },
  node_capacity: {
    sentence: (e) => `The node is full${counted(e)}.${later(e)}`,
    cure: 'Add nodes or raise MAX_CONNECTIONS and the file limit.',
  },
  overload: {
    sentence: (e) =>
      `The node is overloaded${e.value === undefined ? '' : `: its event loop lags by ${spanInWords(e.value)}`}.${later(e)}`,
    cure: 'Add nodes or lower the load.',
  },
  draining: {
    // Waiting does not bring back a node that is held out of service, so the sentence promises nothing.
    sentence: (e) =>
      `The node is out of service or being drained.${e.retryAfterMs === undefined ? '' : ` Try again after ${spanInWords(e.retryAfterMs)}; another node may answer.`}`,
    cure: 'Connect to another node, or wait for this one.',
  },
  policy_unavailable: {
    sentence: () => 'The bans could not be read for too long, and nobody is let in without checking them.',
    cure: 'Restore PostgreSQL.',
  },
  auth_backend_error: {
    sentence: () => 'The keys that tokens are checked with could not be read.',
    cure: 'Restore the key set that JWT_JWKS names; for API keys, PostgreSQL.',
  },
  bad_upgrade: {
    sentence: (e) => `The request is not a WebSocket opening${because(e)}.`,
    cure: 'Open with GET, Upgrade: websocket and version 13; a proxy in between must pass these on.',
  },
  unsupported_subprotocol: {
    sentence: () => 'None of the offered subprotocols is supported.',
    cure: 'Offer gatehouse.v1.json or gatehouse.v1.msgpack; a bearer subprotocol cannot be offered alone.',
  },
  path_not_found: {
    sentence: (e) => `Nothing is served at ${e.path ?? 'this path'}.`,
    cure: 'Clients connect to /ws.',
  },
  aborted: { sentence: () => 'The client went away before it was answered.', cure: 'Nothing to do.' },
}

/** Why a request was turned away, as one plain sentence with its evidence. */
export function refusalSentence(reason: RefusalReason, evidence: RefusalEvidence): string {
  return explanations[reason].sentence(evidence)
}

/** What to do about a refusal, as one plain sentence. */
export function refusalCure(reason: RefusalReason): string {
  return explanations[reason].cure
}
