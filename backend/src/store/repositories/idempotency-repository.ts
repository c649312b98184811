export interface StoredAnswer {
  readonly status: number
  /** The answer's JSON body. */
  readonly body: unknown
}

export type IdempotencyVerdict =
  /** Nobody used the key: act, then `finish` or `forget`. */
  | { readonly kind: 'new' }
  /** The same request was answered before: answer this again. */
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  /** The same request is being worked on: answer 409. */
  | { readonly kind: 'running' }
  /** The key was used for another request: answer 422. */
  | { readonly kind: 'mismatch' }

/** Answers by Idempotency-Key, kept 24 h. While PostgreSQL is down this node's memory serves, so kicks and drains go on. */
export abstract class IdempotencyRepository {
  /**
   * Takes the key for `actor`. `fingerprint` identifies the request (method, path and body, hashed). A key whose holder
   * never finished is free again after 60 s.
   */
  abstract begin(actor: string, key: string, fingerprint: string): Promise<IdempotencyVerdict>
  abstract finish(actor: string, key: string, answer: StoredAnswer): Promise<void>
  /** The action failed and may be tried again with the same key. */
  abstract forget(actor: string, key: string): Promise<void>
}
