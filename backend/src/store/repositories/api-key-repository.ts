import type { ApiKey, Page, Verb } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

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
  /** The revoked key, or undefined when there was none. */
  abstract revoke(id: string): Promise<ApiKey | undefined>
  /** Filter fields `name by`, sort `name createdAt lastUsedAt`, newest first unless told. */
  abstract list(request: ListRequest): Promise<Page<ApiKey>>
}
