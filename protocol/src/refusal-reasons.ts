export interface RefusalReasonFacts {
  /** HTTP status of the answer; null where none could be sent. */
  readonly status: number | null
  /** Whether waiting helps, so that the answer carries Retry-After. */
  readonly retryable: boolean
}

const fact = (status: number | null, retryable = false): RefusalReasonFacts => ({ status, retryable })

/** Every way an opening request is turned away before the upgrade: one closed list. */
export const refusalReasons = {
  origin_denied: fact(403),
  no_token: fact(401),
  bad_token: fact(401),
  token_expired: fact(401),
  token_revoked: fact(401),
  banned: fact(403),
  forbidden: fact(403),
  ip_connection_limit: fact(429, true),
  ip_rate_limit: fact(429, true),
  user_connection_limit: fact(429, true),
  node_rate_limit: fact(503, true),
  node_capacity: fact(503, true),
  overload: fact(503, true),
  draining: fact(503, true),
  policy_unavailable: fact(503, true),
  auth_backend_error: fact(503, true),
  /** 400, 405 or 426, depending on what is wrong with the request. */
  bad_upgrade: fact(400),
  unsupported_subprotocol: fact(400),
  path_not_found: fact(404),
  /** The client went away before the answer. */
  aborted: fact(null),
} as const satisfies Record<string, RefusalReasonFacts>

export type RefusalReason = keyof typeof refusalReasons
export const refusalReasonNames = Object.keys(refusalReasons) as readonly RefusalReason[]
