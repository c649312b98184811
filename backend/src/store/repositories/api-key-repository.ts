import type { ApiKey, Page, Verb } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

/** The prefix of every key: secret scanners recognise leaked keys by it, and the gateway tells keys from tokens. */
export const API_KEY_PREFIX = 'ghk_'

/** The subject under which an API key acts and connects. */
export const apiKeySubject = (id: string): string => `key:${id}`

/** What is known about a key: its record, even if it has expired; that it was revoked; or nothing. */
export type ApiKeyFinding = ApiKey | 'revoked' | undefined

export interface ApiKeyDraft {
  readonly name: string
  readonly verbs: readonly Verb[]
  readonly rooms: readonly string[]
  readonly createdBy: string
  readonly expiresAt: number | null
}

/** API keys of programs. Keys are stored only as hashes. */
export abstract class ApiKeyRepository {
  /**
   * `key` is at least 128 random bits as text, shown to its owner once.
   * @throws AlreadyExists if a key of that name exists
   */
  abstract create(key: string, draft: ApiKeyDraft): Promise<ApiKey>
  /**
   * The record of this key, or undefined if it is unknown, revoked or expired. Notes its use at most once a minute.
   * While PostgreSQL is down, keys seen in the last 15 min are still found.
   */
  abstract use(key: string): Promise<ApiKey | undefined>
  /**
   * What is known about this key. The result may be up to 5 s old, but a revocation on this node counts at once.
   * Notes its use as `use` does, and answers like it while PostgreSQL is down.
   * @throws StoreUnavailable also if too many unknown keys are being looked up
   */
  abstract find(key: string): Promise<ApiKeyFinding>
  /** The revoked key, or undefined if there was none. */
  abstract revoke(id: string): Promise<ApiKey | undefined>
  /** Filter fields `name by`, sort `name createdAt lastUsedAt`, by default newest first. */
  abstract list(request: ListRequest): Promise<Page<ApiKey>>
}
