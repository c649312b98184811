/** Who ended a connection. */
export type Initiator = 'client' | 'network' | 'policy' | 'server' | 'operator' | 'unknown'

/**
 * When a client should reconnect: as it likes (`client`), `now`, with its own `backoff`, after `retryAfterMs`
 * (`after`), when it next needs the connection (`on_demand`), after a random wait (`jitter`), with a fresh token
 * (`refresh`), or `never`. `none` where the gateway has no advice.
 */
export type RetryClass = 'client' | 'now' | 'backoff' | 'after' | 'on_demand' | 'jitter' | 'refresh' | 'never' | 'none'

export interface CloseReasonFacts {
  readonly initiator: Initiator
  /** The code we send, or the code a client sees; null where it is the client's own or none exists. */
  readonly code: number | null
  readonly retry: RetryClass
}

const fact = (initiator: Initiator, code: number | null, retry: RetryClass): CloseReasonFacts => ({
  initiator,
  code,
  retry,
})

/** Every way a connection ends: one closed list that feeds codes, metrics, REST, dashboard and documents. */
export const closeReasons = {
  client_close: fact('client', 1000, 'client'),
  client_going_away: fact('client', 1001, 'client'),
  client_no_status: fact('client', 1005, 'client'),
  client_app_code: fact('client', null, 'client'),
  abnormal_reset: fact('network', 1006, 'backoff'),
  abnormal_eof: fact('network', 1006, 'backoff'),
  write_error: fact('network', 1006, 'backoff'),
  ping_timeout: fact('network', 4000, 'now'),
  idle_timeout: fact('policy', 4001, 'on_demand'),
  max_lifetime: fact('policy', 4002, 'jitter'),
  slow_consumer_bytes: fact('policy', 4003, 'backoff'),
  slow_consumer_deadline: fact('policy', 4004, 'backoff'),
  rate_limited: fact('policy', 4005, 'after'),
  overload_shed: fact('server', 1013, 'after'),
  drain: fact('operator', 1012, 'after'),
  rebalanced: fact('operator', 4006, 'after'),
  server_shutdown: fact('server', 1012, 'after'),
  internal_error: fact('server', 1011, 'backoff'),
  bus_lost: fact('server', 4007, 'backoff'),
  force_reconnect: fact('operator', 4008, 'after'),
  auth_expired: fact('policy', 4009, 'refresh'),
  auth_timeout: fact('policy', 4010, 'backoff'),
  auth_revoked: fact('operator', 4500, 'never'),
  auth_failed: fact('policy', 4502, 'never'),
  permission_denied: fact('policy', 4503, 'never'),
  kicked: fact('operator', 4504, 'never'),
  banned: fact('operator', 4505, 'never'),
  duplicate_session: fact('policy', 4507, 'never'),
  user_limit: fact('policy', 4508, 'never'),
  room_limit: fact('policy', 4509, 'never'),
  bad_request: fact('client', 4510, 'never'),
  too_many_errors: fact('client', 4511, 'never'),
  superseded: fact('policy', 4512, 'never'),
  protocol_error: fact('client', 1002, 'never'),
  unsupported_data: fact('client', 1003, 'never'),
  invalid_payload: fact('client', 1007, 'never'),
  message_too_big: fact('client', 1009, 'never'),
  unfinished_message: fact('client', 1008, 'never'),
  policy_violation: fact('client', 1008, 'never'),
  node_lost: fact('server', null, 'backoff'),
  unknown: fact('unknown', null, 'none'),
} as const satisfies Record<string, CloseReasonFacts>

export type CloseReason = keyof typeof closeReasons
export const closeReasonNames = Object.keys(closeReasons) as readonly CloseReason[]

/** The reason of a close that the client began, from the code it sent (1005: a close frame without a code). */
export function clientCloseReason(code: number): CloseReason {
  if (code === 1000) return 'client_close'
  if (code === 1001) return 'client_going_away'
  if (code === 1005) return 'client_no_status'
  return 'client_app_code'
}
