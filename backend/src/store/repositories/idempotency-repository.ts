export interface StoredAnswer {
  readonly status: number
  /** The answer's JSON body. */
  readonly body: unknown
}

export type IdempotencyVerdict =
  /** The key is new: act, then `finish` or `forget`. */
  | { readonly kind: 'new' }
  /** The same request was answered before: send this answer again. */
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  /** The same request is still running: answer 409. */
  | { readonly kind: 'running' }
  /** The key was used for another request: answer 422. */
  | { readonly kind: 'mismatch' }

/** Answers by Idempotency-Key, kept 24 h; while PostgreSQL is down in this node's memory, so that kicks still work. */
export abstract class IdempotencyRepository {
  /**
   * Takes the key for `actor`. `fingerprint` identifies the request (a hash of method, path and body). A key whose
   * request never finished is free again after 60 s.
   */
  abstract begin(actor: string, key: string, fingerprint: string): Promise<IdempotencyVerdict>
  abstract finish(actor: string, key: string, answer: StoredAnswer): Promise<void>
  /** The action failed and may be tried again with the same key. */
  abstract forget(actor: string, key: string): Promise<void>
}
