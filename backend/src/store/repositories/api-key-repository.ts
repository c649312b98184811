import type { ApiKey, Page, Verb } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

/** Every key begins with it, so that scanners of leaked secrets know whose it is, and a gateway what it was given. */
export const API_KEY_PREFIX = 'ghk_'

/** Under what name an API key acts and connects. */
export const apiKeySubject = (id: string): string => `key:${id}`

/** What is known of a key: its record, also past its end; that it was revoked; or nothing. */
export type ApiKeyFinding = ApiKey | 'revoked' | undefined

export interface ApiKeyDraft {
  readonly name: string
  readonly verbs: readonly Verb[]
  readonly rooms: readonly string[]
  readonly createdBy: string
  readonly expiresAt: number | null
}

/** Programs that act. Keys are kept only as hashes. */
export abstract class ApiKeyRepository {
  /**
   * `key` is at least 128 random bits as text, shown to its owner once.
   * @throws AlreadyExists when a key of that name exists
   */
  abstract create(key: string, draft: ApiKeyDraft): Promise<ApiKey>
  /**
   * The record of this key, or undefined when it is unknown, revoked or past its end. Notes its use at most once a
   * minute. While PostgreSQL is down, what was seen in the last 15 min still answers.
   */
  abstract use(key: string): Promise<ApiKey | undefined>
  /**
   * What is known of this key; what PostgreSQL said at most 5 s ago counts, but never beyond a revocation on this node.
   * Notes its use as `use` does, and answers like it while PostgreSQL is down.
   * @throws StoreUnavailable also where too many unknown keys are being looked up
   */
  abstract find(key: string): Promise<ApiKeyFinding>
  /** The revoked key, or undefined when there was none. */
  abstract revoke(id: string): Promise<ApiKey | undefined>
  /** Filter fields `name by`, sort `name createdAt lastUsedAt`, newest first unless told. */
  abstract list(request: ListRequest): Promise<Page<ApiKey>>
}
